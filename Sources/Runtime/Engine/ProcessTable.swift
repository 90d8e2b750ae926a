import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The machine's processes at one moment, and what the trees of our executions take of it. Empty where there is no `/proc`.
struct ProcessTable {
  private struct Row {
    let pid: pid_t
    let parent: pid_t
    let session: pid_t
    let startTime: UInt64
    /// Its own CPU time, and that of its children that it has reaped, in clock ticks.
    let ticks: UInt64
    let residentBytes: Int
  }

  /// An execution whose processes are looked for.
  struct Tree: Hashable {
    let leader: pid_t
    /// What its processes' environment holds, for those that have left the tree.
    let marks: [[UInt8]]
  }

  /// Which execution a process outside of every tree belongs to, by its mark: looked at once for each process.
  private var strays: [FoundProcess: pid_t?] = [:]
  /// The processes of each tree at the last look.
  private var members: [pid_t: [pid_t]] = [:]

  /// What each tree takes, by its leader.
  mutating func usage(of trees: [Tree], withTransfers: Bool) -> [pid_t: UsageSample] {
    let rows = ProcessTable.read()
    let leaders = Set(trees.map(\.leader))
    var owners: [pid_t: pid_t] = [:]
    var samples: [pid_t: UsageSample] = [:]
    var known: [FoundProcess: pid_t?] = [:]
    for leader in leaders { samples[leader] = UsageSample(memory: 0, cpu: .zero, transferred: 0) }
    members = [:]
    let perTick = 1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    for row in rows.values {
      guard let owner = owner(of: row, rows, leaders, trees, &owners, &known) else { continue }
      members[owner, default: []].append(row.pid)
      samples[owner]?.memory! += row.residentBytes
      samples[owner]?.cpu! += .nanoseconds(Int64(clamping: row.ticks) * perTick)
      if withTransfers { samples[owner]?.transferred! &+= ProcFiles.transferred(by: row.pid) }
    }
    strays = known
    return samples
  }

  /// The memory of the processes that the last look found: much cheaper, and blind to new ones.
  func memory(of trees: [Tree]) -> [pid_t: UsageSample] {
    var samples: [pid_t: UsageSample] = [:]
    for tree in trees {
      let bytes = members[tree.leader]?.reduce(0) { $0 + ProcFiles.residentBytes(of: $1) }
      if let bytes { samples[tree.leader] = UsageSample(memory: bytes) }
    }
    return samples
  }

  private func owner(
    of row: Row, _ rows: [pid_t: Row], _ leaders: Set<pid_t>, _ trees: [Tree], _ owners: inout [pid_t: pid_t],
    _ known: inout [FoundProcess: pid_t?]
  ) -> pid_t? {
    if leaders.contains(row.session) { return row.session }
    // Up the line of parents: a process may have left the session without leaving the tree.
    var next: Row? = row
    var depth = 0
    while let ancestor = next, depth < 200 {
      if leaders.contains(ancestor.pid) || leaders.contains(ancestor.session) {
        return leaders.contains(ancestor.pid) ? ancestor.pid : ancestor.session
      }
      if let owner = owners[ancestor.pid] { return owner }
      next = ancestor.parent > 1 ? rows[ancestor.parent] : nil
      depth += 1
    }
    // What lost its parent is a child of the guardian now, or of the machine's first process.
    guard row.parent == 1 || row.parent == getppid() || row.parent == getpid() else { return nil }
    let process = FoundProcess(pid: row.pid, startTime: row.startTime)
    if let stray = strays[process] {
      known[process] = stray
      return stray
    }
    let owner = trees.first { ProcFiles.environment(of: row.pid, holdsAll: $0.marks) }?.leader
    known[process] = .some(owner)
    if let owner { owners[row.pid] = owner }
    return owner
  }

  private static func read() -> [pid_t: Row] {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    var rows: [pid_t: Row] = [:]
    for pid in ProcFiles.processes() {
      guard let fields = ProcFiles.fields(of: pid) else { continue }
      let ticks = [11, 12, 13, 14].reduce(UInt64(0)) { $0 &+ fields.number($1) }
      rows[pid] = Row(
        pid: pid, parent: pid_t(truncatingIfNeeded: fields.number(1)),
        session: pid_t(truncatingIfNeeded: fields.number(3)), startTime: fields.number(19), ticks: ticks,
        residentBytes: Int(clamping: fields.number(21)) * page)
    }
    return rows
  }
}
