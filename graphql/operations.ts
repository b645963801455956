// Generated from schema.graphql and operations/*.graphql. Do not edit.

export type AlertState = "QUEUED" | "WAITING" | "RUNNING" | "DONE" | "FAILED";

export interface BudgetInput {
  nodes?: number;
  edges?: number;
  depth?: number | null;
  steps?: number | null;
}

export type Direction = "BACKWARD" | "FORWARD";

export type EntityKind = "PROCESS" | "FILE" | "ENDPOINT" | "PIPE" | "SESSION";

export type FlowKind = "SPAWNED" | "EXECUTED" | "LOADED" | "READ" | "WROTE" | "RENAMED" | "LINKED" | "DELETED" | "CHANGED_MODE" | "CHANGED_OWNER" | "CONNECTED" | "RECEIVED" | "ACCEPTED" | "SENT" | "PIPED" | "SIGNALLED" | "TRACED" | "INJECTED" | "REACHED" | "LOGGED_IN";

export interface HuntParameterInput {
  name: string;
  value: number;
}

export type IncidentState = "OPEN" | "ACKNOWLEDGED" | "CLOSED";

export interface SearchInput {
  text?: string | null;
  kinds?: readonly (EntityKind)[] | null;
  host?: string | null;
  command?: string | null;
  pid?: number | null;
  path?: string | null;
  pathPrefix?: string | null;
  ip?: string | null;
  port?: number | null;
  user?: string | null;
  hash?: string | null;
}

export interface SelectionInput {
  id?: string | null;
  alert?: string | null;
  event?: string | null;
  host?: string | null;
  command?: string | null;
  pid?: number | null;
  file?: string | null;
  remoteIp?: string | null;
  remotePort?: number | null;
  hash?: string | null;
  all?: boolean;
}

export type Severity = "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";

export type Side = "INCOMING" | "OUTGOING" | "BOTH";

export type Standing = "OPEN" | "INVESTIGATING" | "RESOLVED" | "FALSE_POSITIVE";

export interface TriageInput {
  standing?: Standing | null;
  assignee?: string | null;
  note?: string | null;
  version?: number | null;
}

export interface AlertChangedVariables {
  ids?: readonly (string)[] | null;
}

export type AlertChangedData = {
  alertChanged: {
    id: string;
    title: string;
    state: AlertState;
    reason: string | null;
    verdict: string | null;
  };
};

export interface AlertVariables {
  id: string;
}

export type AlertData = {
  alert: {
    id: string;
    title: string;
    state: AlertState;
    reason: string | null;
    verdict: string | null;
    incidentId: string | null;
    candidates: ({
      score: number;
      reason: string;
      flowId: string | null;
      entity: {
        id: string;
        label: string;
      } | null;
    })[];
    triage: {
      standing: Standing;
      assignee: string | null;
      note: string | null;
      changed: string | null;
      changedBy: string | null;
      version: number;
    };
    backtrack: {
      nodeCount: number;
      entries: ({
        rank: number;
        reason: string;
        entity: {
          id: string;
          label: string;
        };
      })[];
      chain: ({
        time: string;
        text: string;
      })[];
      hosts: ({
        hostName: string;
      })[];
    } | null;
    forward: {
      nodeCount: number;
      hosts: ({
        hostName: string;
        first: string;
      })[];
    } | null;
  } | null;
};

export interface AlertsVariables {
  state?: AlertState | null;
  severities?: readonly (Severity)[] | null;
  host?: string | null;
  standing?: Standing | null;
  assignee?: string | null;
  since?: string | null;
  until?: string | null;
  first?: number | null;
  after?: string | null;
}

export type AlertsData = {
  alerts: {
    totalCount: number | null;
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
    edges: ({
      node: {
        id: string;
        source: string;
        externalId: string;
        title: string;
        severity: string | null;
        time: string | null;
        received: string;
        state: AlertState;
        reason: string | null;
        verdict: string | null;
        triage: {
          standing: Standing;
          assignee: string | null;
        };
      };
    })[];
  };
};

export interface EntityVariables {
  id: string;
}

export type EntityData = {
  entity: {
    __typename: "Endpoint";
    id: string;
    kind: EntityKind;
    label: string;
    firstSeen: string;
    host: {
      id: string;
      name: string;
    } | null;
    notes: {
      totalCount: number | null;
      edges: ({
        node: {
          time: string;
          type: string;
          text: string;
        };
      })[];
    };
    ip: string | null;
    port: number | null;
    protocol: string | null;
    path: string | null;
    listening: boolean;
  } | {
    __typename: "File";
    id: string;
    kind: EntityKind;
    label: string;
    firstSeen: string;
    host: {
      id: string;
      name: string;
    } | null;
    notes: {
      totalCount: number | null;
      edges: ({
        node: {
          time: string;
          type: string;
          text: string;
        };
      })[];
    };
    paths: (string)[];
    names: ({
      path: string;
      first: string;
      last: string;
    })[];
    hashes: ({
      hash: string;
      first: string;
      last: string;
    })[];
    device: string | null;
    inode: string | null;
    mode: string | null;
    owner: number | null;
    end: string | null;
  } | {
    __typename: "Pipe";
    id: string;
    kind: EntityKind;
    label: string;
    firstSeen: string;
    host: {
      id: string;
      name: string;
    } | null;
    notes: {
      totalCount: number | null;
      edges: ({
        node: {
          time: string;
          type: string;
          text: string;
        };
      })[];
    };
    type: string | null;
    path: string | null;
  } | {
    __typename: "Process";
    id: string;
    kind: EntityKind;
    label: string;
    firstSeen: string;
    host: {
      id: string;
      name: string;
    } | null;
    notes: {
      totalCount: number | null;
      edges: ({
        node: {
          time: string;
          type: string;
          text: string;
        };
      })[];
    };
    pid: number | null;
    ppid: number | null;
    command: string | null;
    argv: (string)[] | null;
    exe: string | null;
    cwd: string | null;
    uid: number | null;
    euid: number | null;
    auid: number | null;
    user: string | null;
    end: string | null;
    forked: boolean;
    parent: {
      id: string;
      label: string;
    } | null;
    ancestors: ({
      id: string;
      label: string;
    })[];
    incarnation: {
      id: string;
    } | null;
    session: {
      id: string;
      user: string | null;
      address: string | null;
    } | null;
    children: {
      totalCount: number | null;
      edges: ({
        node: {
          id: string;
          label: string;
          firstSeen: string;
        };
      })[];
    };
    decoded: ({
      encoding: string;
      text: string;
    })[];
  } | {
    __typename: "Session";
    id: string;
    kind: EntityKind;
    label: string;
    firstSeen: string;
    host: {
      id: string;
      name: string;
    } | null;
    notes: {
      totalCount: number | null;
      edges: ({
        node: {
          time: string;
          type: string;
          text: string;
        };
      })[];
    };
    user: string | null;
    address: string | null;
    service: string | null;
  } | null;
};

export interface EvidenceVariables {
  id: string;
  first?: number | null;
  after?: string | null;
}

export type EvidenceData = {
  node: {
    id: string;
  } | {
    id: string;
    evidence: {
      totalCount: number | null;
      pageInfo: {
        hasNextPage: boolean;
        endCursor: string | null;
      };
      edges: ({
        node: {
          id: string;
          time: string;
          serial: number;
          lines: (string)[] | null;
          source: string | null;
        };
      })[];
    };
  } | {
    id: string;
    time: string;
    serial: number;
    lines: (string)[] | null;
    source: string | null;
  } | null;
};

export interface HostsVariables {
  first?: number | null;
  after?: string | null;
}

export type HostsData = {
  hosts: {
    totalCount: number | null;
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
    edges: ({
      node: {
        id: string;
        name: string;
        firstSeen: string;
        lastSeen: string;
        missingEvents: number;
        addresses: (string)[];
        clockCorrectionMs: number;
        tallies: ({
          name: string;
          amount: number;
        })[];
        blind: ({
          first: string;
          last: string;
          why: string;
        })[];
      };
    })[];
  };
};

export interface HuntVariables {
  hunt: string;
  parameters?: readonly (HuntParameterInput)[] | null;
  first?: number | null;
}

export type HuntData = {
  hunt: {
    hunt: {
      name: string;
      title: string;
      columns: ({
        name: string;
        type: string;
      })[];
    };
    rows: ({
      values: (string | null)[];
    })[];
    more: boolean;
  };
};

export interface HuntsVariables {
}

export type HuntsData = {
  hunts: ({
    name: string;
    title: string;
    parameters: ({
      name: string;
      default: number;
      least: number;
      most: number;
    })[];
    columns: ({
      name: string;
      type: string;
    })[];
    stores: (string)[];
    supported: boolean;
  })[];
};

export interface IncidentChangedVariables {
}

export type IncidentChangedData = {
  incidentChanged: {
    id: string;
    title: string;
    state: IncidentState;
    severity: string;
    score: number;
    alertCount: number;
  };
};

export interface IncidentVariables {
  id: string;
  alertsAfter?: string | null;
}

export type IncidentData = {
  incident: {
    id: string;
    title: string;
    state: IncidentState;
    severity: string;
    score: number;
    first: string;
    last: string;
    updated: string;
    assignee: string | null;
    hosts: ({
      hostName: string;
      first: string;
    })[];
    entries: ({
      time: string;
      hostName: string;
      entityId: string;
      flowId: string | null;
      score: number;
      text: string;
      reason: string;
    })[];
    chain: ({
      time: string;
      hostName: string;
      entityId: string;
      flowId: string | null;
      text: string;
      confidence: number;
      doubt: string;
    })[];
    notes: ({
      by: string;
      time: string;
      state: IncidentState | null;
      assignee: string | null;
      text: string | null;
    })[];
    alerts: {
      totalCount: number | null;
      pageInfo: {
        hasNextPage: boolean;
        endCursor: string | null;
      };
      edges: ({
        node: {
          id: string;
          title: string;
          severity: string | null;
          time: string | null;
          state: AlertState;
          incidentId: string | null;
        };
      })[];
    };
  } | null;
};

export interface IncidentsVariables {
  state?: IncidentState | null;
  severities?: readonly (Severity)[] | null;
  host?: string | null;
  assignee?: string | null;
  since?: string | null;
  until?: string | null;
  first?: number | null;
  after?: string | null;
}

export type IncidentsData = {
  incidents: {
    totalCount: number | null;
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
    edges: ({
      node: {
        id: string;
        title: string;
        state: IncidentState;
        severity: string;
        score: number;
        first: string;
        last: string;
        alertCount: number;
        assignee: string | null;
        hosts: ({
          hostName: string;
          first: string;
        })[];
      };
    })[];
  };
};

export interface IngestProgressVariables {
  host?: string | null;
}

export type IngestProgressData = {
  ingestProgress: {
    events: number;
    newEvents: number;
    host: {
      id: string;
      name: string;
      firstSeen: string;
      lastSeen: string;
      missingEvents: number;
    };
  };
};

export interface MergeIncidentsVariables {
  id: string;
  others: readonly (string)[];
}

export type MergeIncidentsData = {
  mergeIncidents: {
    id: string;
    alertCount: number;
  };
};

export interface NeighboursVariables {
  id: string;
  side?: Side | null;
  kinds?: readonly (FlowKind)[] | null;
  since?: string | null;
  until?: string | null;
  first?: number | null;
  after?: string | null;
}

export type NeighboursData = {
  entity: {
    id: string;
    flows: {
      totalCount: number | null;
      pageInfo: {
        hasNextPage: boolean;
        endCursor: string | null;
      };
      edges: ({
        node: {
          id: string;
          kind: FlowKind;
          first: string;
          last: string;
          count: number;
          confidence: number;
          source: {
            id: string;
            label: string;
          };
          target: {
            id: string;
            label: string;
          };
        };
      })[];
    };
  } | null;
};

export interface NoteIncidentVariables {
  id: string;
  state?: IncidentState | null;
  assignee?: string | null;
  note?: string | null;
}

export type NoteIncidentData = {
  noteIncident: {
    id: string;
    state: IncidentState;
    assignee: string | null;
    updated: string;
  };
};

export interface PathsVariables {
  from: string;
  to: string;
  since?: string | null;
  until?: string | null;
  first?: number | null;
}

export type PathsData = {
  paths: {
    whole: boolean;
    paths: ({
      rank: number;
      arrived: string;
      steps: ({
        passed: string;
        flow: {
          id: string;
          kind: FlowKind;
          first: string;
          last: string;
          source: {
            id: string;
            label: string;
          };
          target: {
            id: string;
            label: string;
          };
        };
      })[];
    })[];
  };
};

export interface PinVariables {
  id: string;
  comment: string;
}

export type PinData = {
  pin: {
    pinnedId: string;
    comment: string;
    by: string;
    time: string;
  };
};

export interface PinsVariables {
  first?: number | null;
  after?: string | null;
}

export type PinsData = {
  pins: {
    totalCount: number | null;
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
    edges: ({
      node: {
        pinnedId: string;
        comment: string;
        by: string;
        time: string;
        pinned: {
          __typename: "Alert" | "Endpoint" | "Event" | "File" | "Flow" | "Host" | "Incident" | "Pipe" | "Process" | "Session";
          id: string;
        } | null;
      };
    })[];
  };
};

export interface ProcessTreeVariables {
  process: string;
  depth?: number | null;
  breadth?: number | null;
}

export type ProcessTreeData = {
  processTree: {
    hidden: number;
    rows: ({
      depth: number;
      parentId: string | null;
      childCount: number;
      hidden: number;
      process: {
        id: string;
        label: string;
        pid: number | null;
        firstSeen: string;
        end: string | null;
      };
    })[];
  } | null;
};

export interface RetryAlertVariables {
  id: string;
}

export type RetryAlertData = {
  retryAlert: {
    id: string;
    state: AlertState;
  };
};

export interface SearchVariables {
  where: SearchInput;
  first?: number | null;
  after?: string | null;
}

export type SearchData = {
  search: {
    totalCount: number | null;
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
    edges: ({
      cursor: string;
      node: {
        id: string;
        kind: EntityKind;
        label: string;
        hostName: string;
        firstSeen: string;
      };
    })[];
  };
};

export interface SplitIncidentVariables {
  id: string;
  alerts: readonly (string)[];
}

export type SplitIncidentData = {
  splitIncident: ({
    id: string;
    alertCount: number;
  })[];
};

export interface StartTraceVariables {
  direction: Direction;
  start: SelectionInput;
  at?: string | null;
  budget?: BudgetInput | null;
}

export type StartTraceData = {
  startTrace: string;
};

export interface StartedTraceVariables {
  id: string;
}

export type StartedTraceData = {
  startedTrace: {
    entitiesSeen: number;
    runsSeen: number;
    bestPath: ({
      id: string;
      kind: FlowKind;
      source: {
        id: string;
        label: string;
      };
      target: {
        id: string;
        label: string;
      };
    })[];
    nodes: ({
      bound: string;
      entity: {
        id: string;
        kind: EntityKind;
        label: string;
      };
    })[];
    flows: ({
      id: string;
      kind: FlowKind;
      first: string;
      last: string;
      count: number;
      source: {
        id: string;
      };
      target: {
        id: string;
      };
    })[];
    trace: {
      nodeCount: number;
      flowCount: number;
      entries: ({
        rank: number;
        reason: string;
      })[];
      truncated: {
        why: string;
      } | null;
    } | null;
  };
};

export interface StatisticsVariables {
  minutes?: number | null;
  kinds?: readonly (FlowKind)[] | null;
  since?: string | null;
  until?: string | null;
  host?: string | null;
}

export type StatisticsData = {
  statistics: {
    entities: ({
      kind: EntityKind;
      count: number;
    })[];
    flows: ({
      kind: FlowKind;
      count: number;
    })[];
    bytes: number | null;
  };
  histogram: ({
    first: string;
    last: string;
    count: number;
  })[];
};

export interface StopTraceVariables {
  id: string;
}

export type StopTraceData = {
  stopTrace: boolean;
};

export interface SubmitAlertsVariables {
  body: string;
  format?: string | null;
}

export type SubmitAlertsData = {
  submitAlerts: ({
    new: boolean;
    alert: {
      id: string;
      state: AlertState;
    };
  })[];
};

export interface TimelineVariables {
  direction: Direction;
  start: SelectionInput;
  at?: string | null;
  kinds?: readonly (FlowKind)[] | null;
  since?: string | null;
  until?: string | null;
  first?: number | null;
  after?: string | null;
}

export type TimelineData = {
  trace: {
    histogram: ({
      first: string;
      last: string;
      count: number;
    })[];
    timeline: {
      totalCount: number | null;
      pageInfo: {
        hasNextPage: boolean;
        endCursor: string | null;
      };
      edges: ({
        node: {
          event: {
            id: string;
            time: string;
            serial: number;
          };
          flows: ({
            id: string;
            kind: FlowKind;
            source: {
              label: string;
            };
            target: {
              label: string;
            };
          })[];
        };
      })[];
    };
  };
};

export interface TraceGraphVariables {
  direction: Direction;
  start: SelectionInput;
  at?: string | null;
  budget?: BudgetInput | null;
  nodesAfter?: string | null;
  flowsAfter?: string | null;
}

export type TraceGraphData = {
  trace: {
    nodes: {
      totalCount: number | null;
      pageInfo: {
        hasNextPage: boolean;
        endCursor: string | null;
      };
      edges: ({
        node: {
          bound: string;
          entity: {
            id: string;
            kind: EntityKind;
            label: string;
          };
        };
      })[];
    };
    flows: {
      totalCount: number | null;
      pageInfo: {
        hasNextPage: boolean;
        endCursor: string | null;
      };
      edges: ({
        node: {
          id: string;
          kind: FlowKind;
          first: string;
          last: string;
          count: number;
          source: {
            id: string;
          };
          target: {
            id: string;
          };
        };
      })[];
    };
  };
};

export interface TraceProgressVariables {
  direction: Direction;
  start: SelectionInput;
  at?: string | null;
  budget?: BudgetInput | null;
}

export type TraceProgressData = {
  traceProgress: {
    entitiesSeen: number;
    runsSeen: number;
    bestPath: ({
      id: string;
      kind: FlowKind;
      source: {
        id: string;
        label: string;
      };
      target: {
        id: string;
        label: string;
      };
    })[];
    nodes: ({
      bound: string;
      entity: {
        id: string;
        kind: EntityKind;
        label: string;
      };
    })[];
    flows: ({
      id: string;
      kind: FlowKind;
      first: string;
      last: string;
      count: number;
      source: {
        id: string;
      };
      target: {
        id: string;
      };
    })[];
    trace: {
      nodeCount: number;
      flowCount: number;
      entries: ({
        rank: number;
        reason: string;
      })[];
      truncated: {
        why: string;
      } | null;
    } | null;
  };
};

export interface TraceVariables {
  direction: Direction;
  start: SelectionInput;
  at?: string | null;
  budget?: BudgetInput | null;
}

export type TraceData = {
  trace: {
    direction: Direction;
    at: string | null;
    nodeCount: number;
    flowCount: number;
    start: ({
      id: string;
      label: string;
    })[];
    entries: ({
      rank: number;
      score: number;
      reason: string;
      time: string;
      entity: {
        id: string;
        label: string;
      };
      flow: {
        id: string;
      } | null;
    })[];
    chain: ({
      time: string;
      hostName: string;
      text: string;
      account: string;
      count: number;
      confidence: number;
      doubt: string;
      flowId: string | null;
      entity: {
        id: string;
      };
      node: {
        id: string;
      };
    })[];
    hosts: ({
      hostName: string;
      first: string;
      via: (string)[];
    })[];
    decoded: ({
      encoding: string;
      text: string;
      entity: {
        id: string;
      };
    })[];
    blind: ({
      hostName: string;
      first: string;
      last: string;
      why: string;
    })[];
    truncated: {
      why: string;
      leftOutFlows: number;
      at: (string)[];
    } | null;
  };
};

export interface TriageAlertVariables {
  id: string;
  changeTo: TriageInput;
}

export type TriageAlertData = {
  triageAlert: {
    standing: Standing;
    assignee: string | null;
    note: string | null;
    changed: string | null;
    changedBy: string | null;
    version: number;
  };
};

export interface UnpinVariables {
  id: string;
}

export type UnpinData = {
  unpin: boolean;
};

export interface WayVariables {
  source: string;
  target: string;
  since?: string | null;
  until?: string | null;
}

export type WayData = {
  way: {
    whole: boolean;
    steps: ({
      passed: string;
      flow: {
        id: string;
        kind: FlowKind;
        first: string;
        last: string;
        source: {
          id: string;
          label: string;
        };
        target: {
          id: string;
          label: string;
        };
      };
    })[];
  };
};
