import Jobs

// Which files the live jobs of a run say that they touch, so that none of them is written by one while another one uses it.
//
// A job that was started inside a job which says what it touches works on that one's behalf: it is not in its way, nor in
// anybody's who is in that one's way. Only jobs inside the same such job are compared. So whoever waits for the jobs that it
// started cannot come to wait for itself.
extension EngineState {
  /// Lets a job that is about to wait for its turn, and all live ones that get in its way, exclude each other.
  mutating func registerPaths(of ids: [JobID], _ specs: [TaskSpec]) {
    let jobs = zip(ids, specs).filter { !$0.1.sharedAccess.isEmpty }
    guard let first = jobs.first else { return }
    let scope = pathScope(of: first.1)
    var index = paths[scope] ?? PathIndex()
    // Those of one group know each other's conflicts already.
    if !index.isEmpty {
      for (id, spec) in jobs {
        for other in index.conflicts(with: spec.sharedAccess) { scheduler.exclude(id, other) }
      }
    }
    for (id, spec) in jobs {
      index.insert(id, spec.sharedAccess)
      pathScopes[id] = .some(scope)
    }
    paths[scope] = index
  }

  /// A job is not in anybody's way any more.
  mutating func forgetPaths(of id: JobID) {
    guard let scope = pathScopes.removeValue(forKey: id) else { return }
    paths[scope]?.remove(id)
    if paths[scope]?.isEmpty == true { paths[scope] = nil }
  }

  /// The nearest job around a new one that says what it touches.
  private func pathScope(of spec: TaskSpec) -> JobID? {
    var next = spec.parent
    while let id = next {
      if pathScopes[id] != nil { return id }
      next = jobs[id]?.spec.parent
    }
    return nil
  }

  /// Lets those tasks of a group exclude each other that get in each other's way. Returns, for each task, the crowds that
  /// it is one of.
  mutating func exclude(_ conflicts: ConflictGraph?, _ ids: [JobID], group: String) -> [[String]] {
    var crowds = [[String]](repeating: [], count: ids.count)
    guard let conflicts else { return crowds }
    for pair in conflicts.pairs { scheduler.exclude(ids[pair.first.task], ids[pair.second.task]) }
    for (number, crowd) in conflicts.crowds.enumerated() {
      for task in crowd.tasks { crowds[task].append("\(group) \(number)") }
    }
    return crowds
  }
}
