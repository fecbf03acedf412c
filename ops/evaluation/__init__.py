"""How well search finds: judged queries, the marks of their answers, and the plain search they are compared with."""
