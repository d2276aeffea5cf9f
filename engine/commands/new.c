#include <stdio.h>

#include "commands/commands.h"
#include "commands/folder.h"
#include "commands/options.h"
#include "commands/print.h"

static const struct manual manual = {
    .command = "new",
    .operands = "DIR",
    .summary = "Writes a first study, small and complete, into a new folder.",
    .text =
        "Three files: study.ini holds the settings and explains the other two, assets.csv is what\n"
        "can lose money, scenarios.csv is what can happen to it. Change them and run again.\n"
        "\n"
        "Example:\n"
        "  lossmill new first-study\n"
        "  lossmill run first-study -o first.h5\n",
    .operands_min = 1,
    .operands_max = 1,
};

static const char study_ini[] =
    "# A first study. CSV files cannot hold comments, so this file explains all three.\n"
    "#\n"
    "# assets.csv     one row per thing that can lose money. asset_id is required; quantity is "
    "how\n"
    "#                many identical units a row stands for. Columns that lossmill does not know\n"
    "#                (here: criticality) are kept as tags, to select and to group by.\n"
    "#\n"
    "# scenarios.csv  one row per thing that can happen:\n"
    "#   assets       which assets it can happen to: * or a condition on columns, such as\n"
    "#                class=server and business_unit=Sales\n"
    "#   frequency    how often it is tried in a year, on all of them together; with\n"
    "#                frequency_per = unit: on each of them\n"
    "#   susceptibility   the probability that a try succeeds (empty: 1)\n"
    "#   primary_...  what a success costs, by form of loss: productivity, response, replacement\n"
    "#   secondary_probability, secondary_...   what others may add: customers, authorities, "
    "courts\n"
    "#\n"
    "# A frequency, probability or loss is a number, or a distribution where you are not sure:\n"
    "#   lognormal90 10000 200000   nine times in ten between these two; larger is possible\n"
    "#   pert 0.05 0.1 0.3          least, most likely, greatest\n"
    "#   uniform 1000 5000          anything between, equally likely\n"
    "# The words stand without commas and quotes.\n"
    "\n"
    "[study]\n"
    "title = A first study\n"
    "currency = EUR\n"
    "# The date of the assessment: printed on every page, never used to compute.\n"
    "as_of = 2026-01-01\n"
    "# More years make the figures of rare losses steadier; the first ones stay the same.\n"
    "years = 100000\n"
    "# Another seed is another sample of chance. Keep it, and tonight compares with last night.\n"
    "seed = 1\n"
    "\n"
    "[groups]\n"
    "# Annual losses are also kept for every value of these columns.\n"
    "by = business_unit, class\n"
    "\n"
    "[report]\n"
    "return_periods = 2, 5, 10, 20, 50, 100, 200, 500, 1000\n"
    "quantiles = 0.5, 0.9, 0.95, 0.99, 0.995\n";

static const char assets_csv[] =
    "asset_id,name,class,business_unit,value,quantity,criticality\n"
    "web-shop,Web shop,application,Sales,400000,1,high\n"
    "crm,Customer database,database,Sales,250000,1,high\n"
    "erp,Order and stock system,application,Operations,600000,1,high\n"
    "file-server,File servers,server,Operations,60000,2,medium\n"
    "mail,Mail and calendar,cloud-service,Corporate,80000,1,high\n"
    "payroll,Payroll system,application,Corporate,120000,1,medium\n"
    "laptop-sales,Laptops of the sales force,laptop,Sales,1500,60,low\n"
    "laptop-office,Laptops of the offices,laptop,Corporate,1300,140,low\n"
    "press-line,Control of the press line,plc,Operations,900000,1,high\n";

static const char scenarios_csv[] =
    "scenario_id,name,assets,effect,frequency,frequency_per,susceptibility,primary_productivity,"
    "primary_response,primary_replacement,secondary_probability,secondary_fines,"
    "secondary_reputation\n"
    "ransomware,Ransomware on servers and applications,class in server application,A,"
    "pert 0.2 0.5 1.5,scenario,pert 0.05 0.1 0.3,lognormal90 40000 1500000,"
    "lognormal90 20000 300000,,0.2,,lognormal90 10000 500000\n"
    "customer-data,Customer data stolen,asset_id=crm or asset_id=web-shop,C,pert 0.3 1 3,scenario,"
    "0.06,,lognormal90 15000 250000,,pert 0.3 0.5 0.8,lognormal90 10000 900000,"
    "lognormal90 20000 800000\n"
    "laptop-lost,Laptop lost or stolen,class=laptop,C,0.02,unit,,,200,uniform 900 1500,0.02,,"
    "lognormal90 2000 60000\n"
    "invoice-fraud,Payment to a false account,asset_id in mail erp,I,lognormal90 0.5 4,scenario,"
    "0.05,,,lognormal90 5000 250000,,,\n"
    "mail-outage,Mail unavailable,asset_id=mail,A,0.8,scenario,,lognormal90 500 20000,,,,,\n"
    "press-stop,Press line stopped by malware,class=plc,A,pert 0.01 0.03 0.1,scenario,,"
    "lognormal90 100000 2500000,lognormal90 20000 150000,pert 0 5000 200000,,,\n";

int command_new(int argc, char **argv)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"study.ini", study_ini}, {"assets.csv", assets_csv}, {"scenarios.csv", scenarios_csv}};
    int operands;
    int status = options_parse(&manual, NULL, 0, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    const char *folder = argv[1];
    status = folder_prepare(folder);
    if (status != STATUS_DONE)
        return status;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct new_file file;
        if (!file_begin(&file, folder, files[i].name))
            return STATUS_SYSTEM;
        fputs(files[i].text, file.stream);
        if (!file_end(&file))
            return STATUS_SYSTEM;
    }
    folder_done();
    const char *shown = text_shown(folder, 200);
    printf("A first study is in %s. Read %s/study.ini, then\n\n  lossmill check %s\n"
           "  lossmill run %s -o first.h5\n  lossmill show first.h5\n",
           shown, shown, shown, shown);
    return output_finish(STATUS_DONE);
}
