"""Treatments and insurance of three risks, which the tests of rank, plan and verify put into their studies."""

TREATED = {
    "assets.csv": """asset_id,class,quantity
laptops,laptop,50
servers,server,10
shop,application,1
""",
    "treatments.csv": """treatment_id,name,option,state,cost_upfront,cost_annual,requires,excludes
lock,Locks,modify,candidate,5000,300,,
check,Checks,modify,candidate,pert 500 1000 2000,2000,,
double,Double checks,modify,candidate,4000,5000,check,
zones,Zones,modify,approved,20000,1000,,
cover,Cover,share,candidate,,6000,,
close,Shop closed,avoid,forbidden,1000,90000,,
bear,Borne,retain,candidate,,,,
""",
    "effects.csv": """treatment_id,scenarios,assets,events,factor,operation,amount,coverage,reliability,overlap
lock,scenario_id=theft,,,frequency,multiply,0.5,0.8,,
check,scenario_id=fraud,,,frequency,multiply,pert 0.4 0.5 0.7,,0.9,
double,scenario_id=fraud,,,primary,cap,20000,,,
zones,scenario_id=outbreak,,,hit_probability,multiply,0.4,,,
close,scenario_id=fraud,,,,,,,,
""",
    "insurance.csv": """treatment_id,policy,layer,retention,limit,share
cover,cyber,1,50000,500000,0.9
""",
}
