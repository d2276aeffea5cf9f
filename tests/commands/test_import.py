#!/usr/bin/env python3
"""import with the real binary: test_import.py PATH_TO_lossmill

For each tool a small export in its dialect, made by hand from datasets/catalogues/register-*.csv, and the table
that it becomes, byte for byte; what check then says of it; and what is told of what cannot be taken. Every function
whose name is a claim is one test. The last line of the output is 'N passed, N failed'.
"""

import csv
import pathlib
import subprocess

from program import DATASETS, DONE, INPUT, LOSSMILL, SYSTEM, USAGE, call, claims_try

CATALOGUES = DATASETS / "catalogues"

STUDY_INI = """[study]
title = Imported
currency = EUR
as_of = 2026-06-01
years = 10000
[report]
return_periods = 10, 100
quantiles = 0.9, 0.99
"""
ANY_SCENARIO = "scenario_id,assets,frequency,primary_response\nany,*,0.1,1000\n"

BANDS = """scale,level,distribution
likelihood,1,0.01
likelihood,2,lognormal90 0.02 0.2
likelihood,4,lognormal90 0.5 2
impact,1,lognormal90 100 5000
impact,High,lognormal90 10000 300000
impact,5,lognormal90 100000 2000000
"""
ORDINAL_MESSAGE = "levels of an ordinal scale, no figures"


class Place:
    """An empty folder, with names in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.study = self.folder / "study"

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return path

    def take(self, text, table, *options, status=DONE):
        """What an export becomes: table, stdout, stderr."""
        path = self.write("export.csv", text)
        out, err = call("import", path, "--as", table, "-o", self.study, *options, status=status)
        written = self.study / f"{table}.csv"
        return written.read_text(encoding="utf-8") if written.exists() else None, out, err.replace(f"{path}:", "export.csv:")

    def check(self, status=DONE, **tables):
        for name, text in {"study": None, **tables}.items():
            target = self.study / (f"{name}.csv" if name != "study" else "study.ini")
            target.write_text(text if text is not None else STUDY_INI, encoding="utf-8")
        return call("check", self.study, status=status)


def catalogue(name):
    with open(CATALOGUES / f"register-{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------------------------- assets


def assets_of_ciso_assistant(place):
    table, out, err = place.take(
        "\ufeffref_id;name;description;type;asset_class;domain;parent_assets;owners;labels;security_objectives\r\n"
        "A.1;Web shop;'=HYPERLINK(1);PR;Application;Sales;;ann@example.org,bob@example.org;crown|public;--\r\n"
        "A.2;\"Müller; Söhne\";--;SP;Server;IT;\"Web shop,Mail\";;;confidentiality: 3\r\n", "assets")
    assert table == ("asset_id,name,class,business_unit,owner,description,kind,parent,labels,security_objectives\n"
                     "A.1,Web shop,Application,Sales,ann@example.org|bob@example.org,=HYPERLINK(1),primary,,crown|public,\n"
                     "A.2,\"Müller; Söhne\",Server,IT,,,supporting,Web shop|Mail,,confidentiality: 3\n"), table
    assert err == "", err
    assert "(ciso_assistant): it knows 10 of the 10 columns" in out.replace("\n    ", " "), out
    place.check(scenarios=ANY_SCENARIO)


def assets_of_opengrc(place):
    table, _, err = place.take(
        "Asset Tag,Serial Number,Name,Asset Type,Status,Location,Department,Assigned To,Purchase Price,Hostname,IP Address,"
        "Operating System,Active\n"
        "LT-1,X99,Laptop,Laptop,In Use,Berlin,Sales,Ann,1400.50,lt1,10.0.0.1,Linux,1\n"
        "LT-2,,Printer,Printer,Retired,,,,n/a,,,,0\n", "assets")
    assert table == ("asset_id,name,class,business_unit,owner,site,value,status,hostname,ip,os,active\n"
                     "LT-1,Laptop,Laptop,Sales,Ann,Berlin,1400.50,In Use,lt1,10.0.0.1,Linux,1\n"
                     "LT-2,Printer,Printer,,,,,Retired,,,,0\n"), table
    assert err.splitlines() == [
        "export.csv:1: Serial Number: warning: not taken: assets.csv has nothing for it (--columns can keep it as a "
        "tag); cells: 1",
        "export.csv:3: Purchase Price: warning: 'n/a' is not a number: leave the cell empty if it is not "
        "known; left blank (found 'n/a')"], err
    place.check(scenarios=ANY_SCENARIO)


def assets_of_simplerisk(place):
    export = ("id,ip,name,value,location,teams,details,verified\n"
              "1,10.0.0.1,Shop,3,Berlin,\"\"\"Ops\"\",\"\"Sales, East\"\"\",notes,1\n"
              "2,,Mail,10,,,,0\n")
    table, _, err = place.take(export, "assets")
    assert table == ("asset_id,name,business_unit,site,value,value_band,ip,description,verified\n"
                     "1,Shop,\"Ops|Sales, East\",Berlin,,3,10.0.0.1,notes,1\n"
                     "2,Mail,,,,10,,,0\n"), table
    assert ORDINAL_MESSAGE in err and "of 'value' figures of yours: 3, 10" in err, err
    bands = place.write("bands.csv", "scale,level,distribution\nvalue,3,250000\n")
    table, _, err = place.take(export, "assets", "--bands", bands, "--force")
    assert table.splitlines()[1].split(",")[-5:] == ["250000", "3", "10.0.0.1", "notes", "1"], table
    assert "export.csv:3: value: warning: the bands have no level of value for it; left blank (found '10')" in err, err
    place.check(scenarios=ANY_SCENARIO)


def assets_of_verinice(place):
    table, _, err = place.take("designator;name;subType;status\nSRV-1;Mail;AST_IT-System;RELEASED\n", "assets")
    assert table == "asset_id,name,class,status\nSRV-1,Mail,AST_IT-System,RELEASED\n", table
    assert err == "", err
    place.check(scenarios=ANY_SCENARIO)


def assets_of_servicenow(place):
    text = ("sys_id,name,sys_class_name,operational_status,busines_criticality,owned_by,assigned_to,department,location,cost,"
            "ip_address\n"
            "0123456789abcdef0123456789abcdef,plc-1,cmdb_ci_ot_plc,1,1 - most critical,Ann,Bob,Werk Süd,Köln,9000,\n"
            "0123456789abcdef0123456789abcde0,erp,cmdb_ci_server,Retired,4 - not critical,,,IT,,,10.1.1.1\n"
            "0123456789abcdef0123456789abcde1,x,u_special,7,5 - none,,,IT,,,\n")
    table, out, err = place.take(text.encode("windows-1252"), "assets", "--encoding", "windows-1252")
    assert table == ("asset_id,name,class,business_unit,owner,site,value,status,criticality,ip\n"
                     "0123456789abcdef0123456789abcdef,plc-1,ot,Werk Süd,Ann,Köln,9000,active,4,\n"
                     "0123456789abcdef0123456789abcde0,erp,server,IT,,,,retired,1,10.1.1.1\n"
                     "0123456789abcdef0123456789abcde1,x,u_special,IT,,,,,,\n"), table
    assert "assigned_to: warning: not taken: 'owned_by' stands for the same; cells: 1" in err, err
    assert "export.csv:4: operational_status: warning: a value that is not known; expected '1' 'Operational'" in err, err
    assert "export.csv:4: busines_criticality: warning:" in err and "left blank (found '5 - none')" in err, err
    assert "not from its source" in out, out
    place.check(scenarios=ANY_SCENARIO)


def assets_of_eramba(place):
    table, _, err = place.take("name,asset media type,business units,asset owner,classification,review date\n"
                               "Web shop,Software,Sales|IT,Ann,High,2026-09-01\n", "assets")
    assert table == ("asset_id,name,class,business_unit,owner,criticality,review\n"
                     "Web shop,Web shop,Software,Sales|IT,Ann,High,2026-09-01\n"), table
    assert err == "", err
    place.check(scenarios=ANY_SCENARIO)


# ---------------------------------------------------------------------------------- scenarios


ASSETS = "asset_id,name\na1,Web shop\na2,Mail\na3,O'Neill's\n"


def scenarios_of_ciso_assistant(place):
    bands = place.write("bands.csv", "scale,level,distribution\nlikelihood,häufig,2\nimpact,Hoch,lognormal90 1000 90000\n")
    table, _, err = place.take(
        "\ufeffref_id;assets;threats;name;description;existing_controls;current_impact;current_proba;current_risk;"
        "treatment;strength_of_knowledge\n"
        "R.1;\"Web shop,Mail\";\"Theft,Fraud\";Leak;;\"MFA\nBackup\";Hoch;häufig;Critical;mitigate;High\n"
        "R.2;\"O'Neill's\";;Halt;;;--;--;--;open;--\n", "scenarios", "--bands", bands)
    assert table == (
        "scenario_id,name,assets,frequency,primary_total,description,threat_names,likelihood,impact,level,"
        "existing_controls,confidence\n"
        "R.1,Leak,name in 'Web shop' Mail,2,lognormal90 1000 90000,,Theft|Fraud,häufig,Hoch,Critical,MFA|Backup,High\n"
        "R.2,Halt,name='O''Neill''s',,,,,,,,,\n"), table
    assert err == ("export.csv:1: treatment: warning: not taken: scenarios.csv has nothing for it (--columns can keep it "
                   "as a tag); cells: 2\n"), err
    _, err = place.check(INPUT, assets=ASSETS)
    assert err.splitlines() == [
        "scenarios.csv:3: frequency: error: is missing: threat events per year (found '')",
        "scenarios.csv:3: scenario_id: error: a scenario without any loss: one of the columns primary_... or "
        "secondary_... must be given (found 'R.2')"], err


def scenarios_of_ciso_assistant_crq(place):
    table, _, err = place.take(
        "ref_id,name,assets,risk_stage,parameters.probability,parameters.impact.distribution,parameters.impact.lb,"
        "parameters.impact.ub\n"
        "Q1,Leak,Mail,current,0.2,LOGNORMAL-CI90,1000,90000\n"
        "Q1,Leak,Mail,residual,0.1,LOGNORMAL-CI90,1000,90000\n"
        "Q2,Halt,Mail,inherent,0.3,LOGNORMAL-CI90,5000,\n"
        "Q3,Fire,Mail,inherent,0.3,UNIFORM,5000,6000\n", "scenarios")
    assert table == ("scenario_id,name,assets,frequency,counts,primary_total,stated\n"
                     "Q1,Leak,name=Mail,0.2,at_most_once,lognormal90 1000 90000,current\n"
                     "Q2,Halt,name=Mail,0.3,at_most_once,,inherent\n"
                     "Q3,Fire,name=Mail,0.3,at_most_once,,inherent\n"), table
    assert "export.csv:3: risk_stage: warning: row left out: it makes no row of scenarios.csv (found 'residual')" in err, err
    assert "export.csv:4: parameters.impact" in err and "some are missing" in err, err
    assert "export.csv:5: parameters.impact.distribution: warning: a value that is not known; expected 'LOGNORMAL-CI90'" \
        in err, err


def scenarios_of_opengrc(place):
    bands = place.write("bands.csv", BANDS)
    table, _, err = place.take(
        "Code,Name,Description,Status,Inherent Likelihood,Inherent Impact,Inherent Risk,Residual Likelihood,"
        "Residual Impact,Residual Risk,Department,Scope,Active\n"
        "R-1,Ransom,x,Assessed,4,5,20,2,5,10,IT,All,1\n"
        "R-2,Fraud,x,Closed,VeryLow,4,4,1,1,1,Sales,All,0\n", "scenarios", "--bands", bands)
    assert table == (
        "scenario_id,name,frequency,primary_total,stated,description,likelihood_inherent,impact_inherent,level_inherent,"
        "likelihood_residual,impact_residual,level_residual,register_status,business_unit,scope,active\n"
        "R-1,Ransom,lognormal90 0.5 2,lognormal90 100000 2000000,inherent,x,4,5,20,2,5,10,Assessed,IT,All,1\n"
        "R-2,Fraud,0.01,lognormal90 10000 300000,inherent,x,VeryLow,4,4,1,1,1,Closed,Sales,All,0\n"), table
    assert err == "", err
    _, err = place.check(INPUT, assets=ASSETS)
    assert err == "scenarios.csv:1: error: column 'assets' is missing\n", err


def scenarios_of_simplerisk(place):
    bands = place.write("bands.csv", BANDS)
    table, _, err = place.take(
        "ID,Status,Subject,Owner,Affected Assets,CLASSIC Likelihood,CLASSIC Impact,Calculated Risk,Category,"
        "Threat Mapping,Control Number\n"
        "1001,New,Leak,Ann Lee,\"\"\"Web shop\"\",\"\"Mail\"\"\",Likely,5,7.5,Data,\"\"\"Theft\"\"\",A.8.7\n"
        "1002,New,Halt,Bob,\"\"\"Mail\"\"\",2,Insignificant,1,Plant,,\n", "scenarios", "--bands", bands)
    assert table == (
        "scenario_id,name,owner,assets,frequency,primary_total,likelihood,impact,level,register_status,"
        "control_reference,category,threat_names\n"
        "1001,Leak,Ann Lee,name in 'Web shop' Mail,lognormal90 0.5 2,lognormal90 100000 2000000,Likely,5,7.5,New,A.8.7,"
        "Data,Theft\n"
        "1002,Halt,Bob,name=Mail,lognormal90 0.02 0.2,lognormal90 100 5000,2,Insignificant,1,New,,Plant,\n"), table
    assert err == "", err
    out, _ = place.check(assets=ASSETS)
    assert "1001" in out and "1002" in out, out


def scenarios_of_verinice(place):
    table, _, err = place.take("designator;specificProbability;specificImpact;inherentRisk;residualRisk;riskTreatments\n"
                               "RSK-1;2;3;4;1;RISK_TREATMENT_REDUCTION\n", "scenarios")
    assert table == ("scenario_id,frequency,primary_total,likelihood,impact,level_inherent,level_residual\n"
                     "RSK-1,,,2,3,4,1\n"), table
    assert err.count(ORDINAL_MESSAGE) == 2, err


def scenarios_of_servicenow(place):
    table, _, err = place.take("number,state,probability,impact,inherent_ale,inherent_sle,inherent_aro,residual_sle,residual_aro\n"
                               "RK1,Assess,High,3,90000,30000,3,20000,0.5\n"
                               "RK2,Assess,Low,1,,,,,\n", "scenarios")
    assert table == ("scenario_id,frequency,primary_total,likelihood,impact,aro_inherent,sle_inherent,ale_inherent,register_state\n"
                     "RK1,0.5,20000,High,3,3,30000,90000,Assess\n"
                     "RK2,,,Low,1,,,,Assess\n"), table
    assert err.count(ORDINAL_MESSAGE) == 2, err


def scenarios_of_eramba(place):
    table, _, err = place.take("title,assets,threat tags,risk owner,mitigation strategy,internal controls,review date\n"
                               "Leak,Web shop|Mail,Theft,Ann,mitigate,MFA|Backup,2026-09-01\n", "scenarios")
    assert table == ("scenario_id,name,owner,assets,threat_names,existing_controls,review\n"
                     "Leak,Leak,Ann,asset_id in 'Web shop' Mail,Theft,MFA|Backup,2026-09-01\n"), table
    assert "mitigation strategy: warning: not taken" in err, err


# ---------------------------------------------------------------------------------- controls, treatments, decisions


def controls_of_the_tools(place):
    cases = {
        "ref_id;name;status;owner;reference_control;category\n"
        "C1;MFA;active;Ann,Bob;A.5.17;technical\nC2;Backup;degraded;;;technical\nC3;New;--;;;\n":
            "control_id,name,reference,status,owner\nC1,MFA,A.5.17,implemented,Ann|Bob\nC2,Backup,,,\nC3,New,,,\n",
        "Identifier,Title,Standard,applicability,Implementation status,Effectiveness,Owner\n"
        "A.5.1,Policies,ISO 27001,Applicable,Implemented,Effective,Ann\n"
        "A.7.1,Fence,ISO 27001,Not Applicable,Unknown,Not Assessed,\n"
        "A.8.1,Devices,ISO 27001,Applicable,Partially Implemented,Effective,\n":
            "control_id,name,framework,reference,status,owner,reliability\n"
            "A.5.1,Policies,ISO 27001,A.5.1,implemented,Ann,\nA.7.1,Fence,ISO 27001,A.7.1,not_applicable,,\n"
            "A.8.1,Devices,ISO 27001,A.8.1,,,\n",
        "control_number,short_name,control_owner,control_maturity,mitigation_percent\nSR-1,Accounts,Ann,Managed,50\n":
            "control_id,name,reference,owner,reliability\nSR-1,Accounts,SR-1,Ann,\n",
        "ref_id;name;compliance_result;requirement_progress;observations\n"
        "5.1;Policies;compliant;done;fine\n5.2;Roles;non_compliant;to_do;\n5.3;Duties;partially_compliant;;\n":
            "control_id,name,reference,status\n5.1,Policies,5.1,implemented\n5.2,Roles,5.2,absent\n5.3,Duties,5.3,\n",
        "Control,Title,Included,Justification,Implementation Status\n"
        "A.5.1,Policies,Yes,law,Planned\nA.7.1,Fence,No,no site,\n":
            "control_id,name,reference,status,justification\nA.5.1,Policies,A.5.1,planned,law\n"
            "A.7.1,Fence,A.7.1,not_applicable,no site\n",
    }
    place.study.mkdir()
    for text, expected in cases.items():
        table, _, err = place.take(text, "controls", "--force")
        assert table == expected, (table, err)
        place.check(assets=ASSETS, scenarios=ANY_SCENARIO)
    _, _, err = place.take(list(cases)[1], "controls", "--force")
    assert "expected 'Implemented' 'Not Implemented' 'Unknown'" in err and "(found 'Partially Implemented')" in err, err


def treatments_of_the_tools(place):
    table, _, err = place.take(
        "ref_id;name;owner;eta;status;build_fixed_cost;run_fixed_cost;amortization_period;build_people_days\n"
        "M1;MFA;Ann;2026-12-01T00:00:00Z;in_progress;20000;500.5;3;10\nM2;SOC;;01/02/2027;to_do;;;;\n", "treatments")
    assert table == ("treatment_id,name,owner,due,state,cost_upfront,cost_annual,lifetime_years\n"
                     "M1,MFA,Ann,2026-12-01,in_progress,20000,500.5,3\nM2,SOC,,,,,,\n"), table
    assert "build_people_days: warning: not taken" in err, err
    assert "export.csv:3: eta: warning: a date such as 2026-01-31 expected; left blank (found '01/02/2027')" in err, err
    assert "export.csv:3: status: warning: a value that is not known" in err, err
    bands = place.write("bands.csv", "scale,level,distribution\ncost,2,uniform 100000 200000\n")
    table, _, err = place.take(
        "id,subject,planning_strategy,owner,planning_date,mitigation_cost\n1,Leak,Mitigate,Ann,2026-12-01,2\n"
        "2,Halt,Watch,,,\n3,Fire,,,,\n", "treatments", "--bands", bands, "--force")
    assert table == ("treatment_id,name,option,owner,due,cost_upfront\n1,Leak,modify,Ann,2026-12-01,uniform 100000 200000\n"
                     "2,Halt,,,,\n"), table
    assert "export.csv:4: planning_strategy: warning: row left out" in err and "(found 'Watch')" in err, err


def decisions_of_the_tools(place):
    cases = {
        "ref_id;treatment;justification\nR.1;accept;cheap\nR.2;open;\nR 3;transfer;\nR.4;cancelled;\n":
            "option,scenarios,reason\nretain,scenario_id=R.1,cheap\nshare,scenario_id='R 3',\n,scenario_id=R.4,\n",
        "Code,Name,mitigation.strategy\nR-1,x,Avoid\nR-2,x,Open\n": "option,scenarios\navoid,scenario_id=R-1\n",
        "id,subject,planning_strategy\n7,x,Accept\n8,x,Research\n": "option,scenarios\nretain,scenario_id=7\n",
        "designator;riskTreatments;residualRiskExplanation\nR1;RISK_TREATMENT_ACCEPTANCE;cheap\nR2;RISK_TREATMENT_NONE;\n":
            "option,scenarios,reason\nretain,scenario_id=R1,cheap\n",
        "number,response,x\nRK1,Mitigate,1\n": "option,scenarios\nmodify,scenario_id=RK1\n",
        "title,mitigation strategy,x\nLeak,avoid,1\n": "option,scenarios\navoid,scenario_id=Leak\n",
    }
    for text, expected in cases.items():
        table, _, err = place.take(text, "decisions", "--force")
        assert table == expected, (table, err)
    place.take(list(cases)[4], "decisions", "--force")
    _, err = place.check(INPUT, assets=ASSETS, scenarios=ANY_SCENARIO.replace("any", "RK1"))
    assert err.splitlines() == ["decisions.csv:1: error: column 'decided_by' is missing",
                                "decisions.csv:1: error: column 'decided_on' is missing"], err


# ---------------------------------------------------------------------------------- our own registers


def what_export_writes_can_be_imported(place):
    study = place.folder / "first"
    call("new", study)
    (study / "controls.csv").write_text("control_id,name,framework,reference,status,justification,owner\n"
                                        "backup,=Backup,ISO27001:2022,A.8.13,implemented,outages,@Ann\n")
    (study / "treatments.csv").write_text(
        "treatment_id,name,option,owner,due,state,controls,cost_upfront,cost_annual,lifetime_years\n"
        "locks,=Locks,modify,@Ann,2026-12-01,approved,backup,50000,3000,3\n"
        "rules,-2+3+cmd,modify,Bob,,candidate,,100,10,3\n")
    (study / "effects.csv").write_text("treatment_id,scenarios,factor,operation,amount\n"
                                       "locks,scenario_id=ransomware,frequency,multiply,0.5\n"
                                       "rules,scenario_id=laptop-lost,frequency,multiply,0.5\n")
    (study / "decisions.csv").write_text("option,decided_by,decided_on,review_by,scenarios,reason\n"
                                         "retain,=CFO,2025-05-01,2026-05-31,scenario_id=laptop-lost,+cheap\n")
    run = place.folder / "run.h5"
    call("run", study, "-o", run, "--years", 10000, "--quiet")
    plan, _ = call("export", run, "--treatment-plan")
    table, out, _ = place.take(plan, "treatments")
    rows = {row["treatment_id"]: row for row in csv.DictReader(table.splitlines())}
    assert set(rows) == {"locks", "rules"}, table
    given = {"treatment_id": "locks", "name": "=Locks", "option": "modify", "owner": "@Ann", "due": "2026-12-01",
             "state": "approved", "controls": "backup", "cost_upfront": "50000", "cost_annual": "3000"}
    assert {name: rows["locks"][name] for name in given} == given, table
    assert rows["rules"]["name"] == "-2+3+cmd", table
    assert "(lossmill)" in out, out
    register, _ = call("export", run, "--register")
    table, out, _ = place.take(register, "decisions")
    assert table == ("option,scenarios,decided_by,decided_on,review_by,maximum_aal,reason\n"
                     "retain,scenario_id=laptop-lost,=CFO,2025-05-01,2026-05-31,,+cheap\n"), table
    assert "(lossmill_register)" in out, out
    soa, _ = call("export", run, "--soa")
    table, out, err = place.take(soa, "controls")
    rows = {row["control_id"]: row for row in csv.DictReader(table.splitlines())}
    assert len(rows) == 93 and rows["A.8.13"]["status"] == "implemented" and rows["A.8.13"]["owner"] == "@Ann", err
    assert {row["status"] for row in rows.values()} == {"", "implemented"}, err
    assert "(lossmill_soa)" in out, out
    for name in ("assets", "scenarios", "controls"):
        table, _, err = place.take((study / f"{name}.csv").read_text(), name, "--force")
        before = list(csv.DictReader((study / f"{name}.csv").read_text().splitlines()))
        after = list(csv.DictReader(table.splitlines()))
        assert len(before) == len(after)
        for old, new in zip(before, after):
            assert all(new[column] == old[column] for column in new), (old, new)
    (place.study / "effects.csv").write_text((study / "effects.csv").read_text())
    place.check()


# ---------------------------------------------------------------------------------- columns and values


def no_column_of_the_catalogue_is_taken_for_a_slip(place):
    """check finds no near miss in any tag, and no unknown column."""
    columns = catalogue("columns")
    for tool, table in sorted({(row["tool"], row["table"]) for row in columns}):
        headers = list(dict.fromkeys(row["source"].split("|")[0] for row in columns
                                     if (row["tool"], row["table"]) == (tool, table)))
        place.take(",".join(headers) + "\n" + ",".join("Mitigate" if "treat" in h or "trateg" in h or "espon" in h
                                                       else "modify" if h == "option" else "1" for h in headers) + "\n"
                   if tool != "verinice_veo" or table != "decisions"
                   else "designator,riskTreatments\n1,RISK_TREATMENT_REDUCTION\n",
                   table, "--from", tool, "--force")
        (place.study / "study.ini").write_text(STUDY_INI)
        for other in place.study.glob("*.csv"):
            if other.stem != table:
                other.unlink()
        done = subprocess.run([LOSSMILL, "check", place.study], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        err = done.stderr.decode()
        assert "unknown column" not in err and "did you mean" not in err, (tool, table, err)


def aliases_and_values_are_known_without_case_and_underscores(place):
    tools = {row["tool"] for row in catalogue("tools")}
    assert {row["tool"] for row in catalogue("columns")} == tools
    assert {row["tool"] for row in catalogue("values")} <= tools
    table, _, err = place.take("ASSET_TAG,name,asset type,Current-Value\nx,Shop,Server,5\n", "assets")
    assert table == "asset_id,name,class,value\nx,Shop,Server,5\n", (table, err)


def a_mapping_of_ones_own_overrules_the_tool(place):
    own = place.write("own.csv", "source,target\nCost centre,cost_centre\nHostname,asset_id\nPaid,value\n")
    table, out, err = place.take("Asset Tag,Name,Asset Type,Hostname,Paid,Cost centre\nA1,Shop,App,shop,5000,77\n",
                                 "assets", "--columns", own)
    assert table == "asset_id,name,class,value,cost_centre\nshop,Shop,App,5000,77\n", table
    assert "Asset Tag: warning: not taken" in err, err
    own = place.write("own.csv", "source,target\nNamn,naem\nNme,name\n,owner\n")
    _, _, err = place.take("Id,Namn\n1,x\n", "controls", "--from", "lossmill", "--columns", own, status=INPUT)
    assert "own.csv:2: target: error: controls.csv has no such column; expected one of control_id, name" in err, err
    assert "own.csv:3: source: error:" in err and "own.csv:4: source: error:" in err, err
    own = place.write("own.csv", "source,target\nId,control_id\nNamn,name\n")
    table, _, _ = place.take("Id,Namn\n1,x\n", "controls", "--from", "lossmill", "--columns", own)
    assert table == "control_id,name\n1,x\n", table


def numbers_are_read_as_declared(place):
    export = "Asset Tag;Name;Purchase Price\n1;a;12,5\n2;b;1.000,00\n3;c;15 %\n4;d;1e3\n"
    table, _, err = place.take(export, "assets")
    assert table == "asset_id,name,value\n1,a,\n2,b,\n3,c,\n4,d,1e3\n", table
    assert "export.csv:2: Purchase Price: warning: a decimal comma: --decimal comma reads it; left blank (found '12,5')" \
        in err, err
    assert "study.ini" not in err and err.count("Purchase Price: warning") == 3, err
    table, _, err = place.take(export, "assets", "--decimal", "comma", "--force")
    assert table.splitlines()[1] == "1,a,12.5", table


def equal_values_are_told_once_with_their_rows(place):
    lines = "".join(f"{i},a,none\n" for i in range(1000))
    _, _, err = place.take("Asset Tag,Name,Purchase Price\n" + lines, "assets")
    assert err == ("export.csv:2: Purchase Price: warning: a number expected; left blank in 1000 rows (found 'none')\n"), err


def ids_are_made_safe_and_collisions_told(place):
    long = "Ü" * 40
    table, _, err = place.take(f"Asset Tag,Name,Asset Type\nA|1,x,y\n{long},x,y\n\"B\t2\",x,y\n", "assets")
    ids = [line.split(",")[0] for line in table.splitlines()[1:]]
    assert ids[0] == "A-1" and ids[2] == "B-2" and ids[1].startswith("Ü" * 27 + "-"), ids
    assert all(len(name.encode()) <= 64 for name in ids), ids
    assert "export.csv:2: Asset Tag: warning: cannot be an id as it stands: becomes 'A-1' (found 'A|1')" in err, err
    again, _, _ = place.take(f"Asset Tag,Name,Asset Type\n{long},x,y\n", "assets", "--force")
    assert again.splitlines()[1].split(",")[0] == ids[1]
    place.check(scenarios=ANY_SCENARIO)
    clash = "Asset Tag,Name,Asset Type\nA|1,x,y\nA-1,x,y\nB,x,y\nB,x,y\n,x,y\n"
    before = (place.study / "assets.csv").read_bytes()
    _, out, err = place.take(clash, "assets", "--force", status=INPUT)
    assert out == "" and err.splitlines()[1:] == [
        "export.csv:3: Asset Tag: error: becomes 'A-1', as 'A|1' on line 2 does (found 'A-1')",
        "export.csv:5: Asset Tag: error: the id stands already on line 4 (found 'B')",
        "export.csv:6: Asset Tag: error: the id is missing; --columns can take it from another column (found '')",
        "lossmill import: nothing was written"], err
    assert (place.study / "assets.csv").read_bytes() == before
    call("import", place.folder / "export.csv", "--as", "assets", "-o", place.study, "--force", "--skip", 2, status=INPUT)
    table, out, err = place.take(clash, "assets", "--force", "--skip", 3)
    assert table == "asset_id,name,class\nA-1,x,y\nB,x,y\n" and "2 rows, 3 left out" in out, (table, out)
    assert err.count("warning: row left out: ") == 3, err


def ragged_rows_may_be_skipped(place):
    table, out, err = place.take("Asset Tag,Name,Asset Type\n1,x\n2,x,y\n2,x,z\n", "assets", "--skip", 2)
    assert table == "asset_id,name,class\n2,x,y\n" and "1 row, 2 left out" in out, (table, out)
    assert "export.csv:2: warning: row left out: 2 cells in a row under a header of 3" in err, err
    assert "export.csv:4: Asset Tag: warning: row left out: the id stands already on line 3 (found '2')" in err, err
    place.take("Asset Tag,Name,Asset Type\n1,x\n2,x,y\n2,x,z\n", "assets", "--skip", 1, "--force", status=INPUT)


# ---------------------------------------------------------------------------------- what is refused


def malformed_exports_are_told_and_nothing_is_written(place):
    head = "Asset Tag,Name,Asset Type\n"
    cases = [
        (head + "1,\"x,y\n", "export.csv:2: error: a double quote is opened and never closed"),
        (head + "1,x\"y,z\n", "export.csv:2: error: a double quote inside a cell"),
        (head + "1,x\n2,x,y,z\n", "export.csv:3: error: 4 cells in a row under a header of 3"),
        ("Asset Tag,Name,Name\n1,x,y\n", "export.csv:1: Name: error: column 'Name' stands twice in the header"),
        ("Asset Tag,Name,name\n1,x,y\n", "export.csv:1: name: error: the header has 'Name', too"),
        ("Asset Tag,,Name\n1,x,y\n", "export.csv:1: error: column 2 has no name"),
        ("", "export.csv:1: error: the file is empty"),
        (head, "export.csv: error: has no row to import"),
        ((head + "1,Müller,x\n").encode("latin-1"),
         "export.csv:2: Name: error: not UTF-8: byte 0xFC at position 2; if the file is windows-1252, --encoding "
         "windows-1252 reads it"),
        ((head + "1,x,y\n").encode("utf-16"), "export.csv:1: error: the file is UTF-16; save it as CSV UTF-8"),
        ("Asset Tag\tName\n1\tx\n", "export.csv:1: error: cells are separated by tabs"),
        ("Serial,Name,Colour\n1,x,y\n", "export.csv:1: error: no tool is known whose assets have these columns"),
    ]
    for text, message in cases:
        table, out, err = place.take(text, "assets", status=INPUT)
        assert message in err and err.endswith("lossmill import: nothing was written\n"), (message, err)
        assert table is None and out == "" and not place.study.exists(), message
    _, _, err = place.take("Name,Asset Type\nx,y\n", "assets", "--from", "opengrc", status=INPUT)
    assert "export.csv:1: error: column 'Asset Tag' is missing: asset_id is made of it; --columns can name another" in err
    _, _, err = place.take("ref_id,name\n1,x\n", "assets", "--from", "ciso_assistant_crq", status=INPUT)
    assert "exports no assets that lossmill knows of" in err, err
    _, _, err = place.take("ref_id,name\n1,x\n", "controls", status=INPUT)
    assert "could be of ciso_assistant and of ciso_assistant_soa: both know 2 of its columns" in err, err
    assert not place.study.exists()


def bad_bands_are_told_all_at_once(place):
    bands = place.write("bands.csv", "scale,level,distribution\nlikelihood,1,lognormal 1\nlikelihood,2,\n"
                                     "severity,1,5\nlikelihood,Low,\"0,5\"\nlikelihood,low,1\n")
    _, _, err = place.take("Code,Name,Inherent Likelihood\nR-1,x,1\n", "scenarios", "--bands", bands, status=INPUT)
    for line, column in [(2, "distribution"), (3, "distribution"), (4, "scale"), (5, "distribution"), (6, "level")]:
        assert f"bands.csv:{line}: {column}: error: " in err, (line, err)
    assert "this import has no such scale; it has likelihood" in err, err
    bands = place.write("bands.csv", "scale,grade,distribution\nlikelihood,1,1\n")
    _, _, err = place.take("Code,Name,Inherent Likelihood\nR-1,x,1\n", "scenarios", "--bands", bands, status=INPUT)
    assert "column 'level' is missing; expected scale,level,distribution" in err and "grade: error: unknown column" in err
    assert not place.study.exists()


def usage_is_explained(place):
    path = place.write("export.csv", "Asset Tag,Name,Asset Type\n1,x,y\n")
    study = place.study
    for arguments, message in [
            ([path, "--as", "assets"], "an export, --as TABLE and -o DIR are needed"),
            ([path, "-o", study], "an export, --as TABLE and -o DIR are needed"),
            ([path, "--as", "asets", "-o", study], 'did you mean "assets"?'),
            ([path, "--as", "assets", "-o", study, "--from", "opengcr"], 'there is no tool "opengcr": did you mean "opengrc"?'),
            ([path, "--as", "assets", "-o", study, "--from", "excel"], "there are ciso_assistant, "),
            ([path, "--as", "assets", "-o", study, "--decimal", "dot"], "--decimal is point or comma"),
            ([path, "--as", "assets", "-o", study, "--encoding", "latin1"], "--encoding is utf-8 or windows-1252"),
            ([path, "--list"], "--list reads no export")]:
        _, err = call("import", *arguments, status=USAGE)
        assert message in err, err
    _, err = call("import", place.folder / "absent.csv", "--as", "assets", "-o", study, status=INPUT)
    assert "absent.csv: error: cannot be read: No such file or directory" in err, err
    _, err = call("import", place.folder, "--as", "assets", "-o", study, status=INPUT)
    assert "is not a regular file" in err, err
    assert not study.exists()


def a_table_is_replaced_only_on_demand(place):
    first, _, _ = place.take("Asset Tag,Name,Asset Type\n1,x,y\n", "assets")
    kept, _, err = place.take("Asset Tag,Name,Asset Type\n2,x,y\n", "assets", status=USAGE)
    assert kept == first and "assets.csv exists; --force replaces it" in err, err
    after, _, _ = place.take("Asset Tag,Name,Asset Type\n2,x,y\n", "assets", "--force")
    assert after == "asset_id,name,class\n2,x,y\n"
    assert sorted(path.name for path in place.study.iterdir()) == ["assets.csv"]
    _, err = call("import", place.folder / "export.csv", "--as", "assets", "-o", place.folder / "no" / "parent", status=SYSTEM)
    assert "cannot make the folder" in err, err


def list_names_every_tool_and_column(place):
    del place
    out, _ = call("import", "--list")
    for row in catalogue("tools"):
        assert row["tool"] in out and row["name"] in out, row
    out, _ = call("import", "--list", "--from", "simplerisk")
    for row in catalogue("columns"):
        if row["tool"] == "simplerisk":
            assert row["source"] in out and row["as"] in out, row


claims_try(globals(), "place", Place)
