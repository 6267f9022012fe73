/** A scenario that fails where a rule is left out, as small as can be. */
export interface Regression {
  /** The rule, as the model names it, and what it keeps from happening. */
  readonly rule: string;
  readonly scenario: string;
}

const calm = "faults loseRequest=0 loseResponse=0 cut=0 delayMsMax=5 repeat=0";

/** S0 over S1 over S2, which all take A. */
const line = `
  scenario seed=1 restores=false
  ${calm}
  site S0 slice=A form=UPDATE transport=stream skewMs=0
  site S1 father=S0 slice=A form=PARTIAL+FULL transport=stream skewMs=0
  site S2 father=S1 slice=A form=UPDATE transport=longPoll skewMs=0`;

export const regressions: readonly Regression[] = [
  {
    rule: "dropKeep: what a son holds is kept, and goes on to be kept current",
    scenario: `${line}
      2000 S0 create E1 t1=A t2= n=1 m=2
      2000 S1 slice B
      30000 S0 update E1 n=3`,
  },
  {
    rule: "dropSent: what the father has not got yet is not dropped",
    scenario: `${line}
      2000 S0 create E1 t1=A t2= n=1 m=2
      5000 S2 slice B
      30000 S0>S1 cut
      1000 S1 update E1 n=5
      1000 S1 slice B
      30000 S1 trim 1
      1000 S1 restart 500
      30000 S0>S1 heal`,
  },
  {
    rule: "regOnCreate: a site goes on to be told of what it created, also where its slice does not select it",
    scenario: `${line}
      2000 S2 create E1 t1=C t2= n=1 m=2
      5000 S0 update E1 n=3`,
  },
  {
    rule: "uVer: of two sites that write different fields of an entity while they are apart, neither undoes the other's",
    scenario: `${line}
      2000 S0 create E1 t1=A t2= n=1 m=2
      5000 S2>S1 cut
      0 S1>S2 cut
      1000 S2 update E1 n=3
      1000 S1 update E1 m=4
      1000 S2 update E1 t2=W
      5000 S2 trim 1
      0 S2 restart 500
      1000 S2>S1 heal
      0 S1>S2 heal`,
  },
  {
    rule: "syncSeq: a SyncLoad brings what came right behind the position",
    scenario: `${line}
      2000 S0 create E1 t1=A t2= n=1 m=2
      60000 S1>S0 cut
      1000 S0 update E1 n=3
      1000 S0 restart 500
      5000 S1>S0 heal`,
  },
  {
    rule: "notSite: a change does not go back to the son that it came from",
    scenario: `${line}
      2000 S0 create E1 t1=A t2= n=1 m=2
      5000 S2 update E1 n=3`,
  },
  {
    rule: "redelivery: what a father applied in front of a crash comes once, and nothing is lost with it",
    scenario: `${line}
      2000 S0 create E1 t1=A t2= n=1 m=2
      5000 S1 crash after 500
      1000 S2 update E1 n=3
      20000 S1 crash before 500
      1000 S2 update E1 n=4`,
  },
  {
    rule: "resyncRestored: what a father has lost with its database comes back from its sons",
    scenario: `${line.replace("restores=false", "restores=true")}
      2000 S0 create E1 t1=A t2= n=1 m=2
      3000 S0 backup
      3000 S2 update E1 n=3
      1000 S1 create E2 t1=C t2= n=4 m=5
      9000 S0 restore 500`,
  },
  {
    rule: "restored son: what a son has lost with its database comes back from its father and its own sons",
    scenario: `${line.replace("restores=false", "restores=true")}
      2000 S0 create E1 t1=A t2= n=1 m=2
      3000 S1 backup
      3000 S2 update E1 n=3
      1000 S1 create E2 t1=C t2= n=4 m=5
      1000 S0 update E1 m=6
      9000 S1 restore 500`,
  },
  {
    rule: "servers at once: those of a new site insert the rows of its neighbours together",
    scenario: `${line.replaceAll("skewMs=0", "skewMs=0 servers=live,live")}
      2000 S0.1 create E1 t1=A t2= n=1 m=2
      5000 S2.1 update E1 n=3`,
  },
  {
    rule: "followLead: a father's stream ends at a server that leads no more, so that its successor knows what the father has",
    scenario: `${line.replace("form=PARTIAL+FULL transport=stream skewMs=0", "$& servers=live,live")}
      2000 S0 create E1 t1=A t2= n=1 m=2
      5000 S1 pause 20000
      30000 S1.1 update E1 n=3
      1000 S1 slice B`,
  },
  {
    rule: "restoredLead: a server that loses the lead while its restored site still loads leaves the links to its successor",
    scenario: `
      scenario seed=53 restores=true
      ${calm}
      site S0 slice=A form=PARTIAL+FULL transport=longPoll skewMs=0
      site S1 father=S0 slice=A form=UPDATE transport=stream skewMs=0 servers=live,live
      30657 S1>S0 cut
      32749 S1 backup
      2709 S1 restore 500
      25985 S1 pause 5000`,
  },
];
