internal import Jobs
internal import LuaBindings

/// A group of jobs as a script holds it.
final class JobGroup {
  let id: String
  let jobs: [JobID]
  /// The script's names of the tasks, by position.
  let keys: [String?]
  let waves: [[Int]]
  var onError = GroupRequest.OnError.keep
  var material = GroupMaterial()

  init(id: String, jobs: [JobID], keys: [String?], waves: [[Int]]) {
    self.id = id
    self.jobs = jobs
    self.keys = keys
    self.waves = waves
  }
}

// Jobs, groups and queues as userdata; task_group.
extension ScriptHost {
  func defineJobObjects() throws(LuaError) {
    try define(
      type: 1, "job",
      methods: ["wait", "cancel", "output", "steer"].map { name in
        (name, { host, call throws(HostFailure) in try host.jobMethod(name, call) })
      },
      getter: { host, call throws(HostFailure) in try host.jobField(call) },
      closer: { host, call throws(HostFailure) in
        let id = try host.job(call[0], "close")
        guard host.book.isLive(id) else { return .nothing }
        host.session.cancel(id, reason: "its variable went out of scope")
        return host.awaitResult(id, until: nil)
      },
      text: { host, call throws(HostFailure) in
        let id = try host.job(call[0], "tostring")
        return .value(.text("job \(id) (\(host.book.records[id]?.status.rawValue ?? "unknown"))"))
      })
    try define(
      type: 2, "job group",
      methods: ["wait", "cancel", "progress"].map { name in
        (name, { host, call throws(HostFailure) in try host.groupMethod(name, call) })
      },
      getter: { host, call throws(HostFailure) in
        guard case .jobGroup(let group) = host.objects[call[0]] else { return .value(.nil) }
        switch call[1].text {
        case "id": return .value(.text(group.id))
        case "jobs": return .value(.table(LuaTable(array: group.jobs.map { host.objects.push(.job($0)) })))
        case "waves": return .value(host.waves(group))
        default: return .value(.nil)
        }
      },
      text: { host, call throws(HostFailure) in
        guard case .jobGroup(let group) = host.objects[call[0]] else { return .value("job group") }
        let open = group.jobs.filter { host.book.isLive($0) }.count
        return .value(.text("group \(group.id) (\(group.jobs.count - open) of \(group.jobs.count) ended)"))
      })
    try define(
      type: 7, "completions",
      methods: [
        (
          "next",
          { host, call throws(HostFailure) in
            guard case .completions(let queue) = host.objects[call[0]] else { return .value(.nil) }
            if queue.told < queue.ended.count { return .values(host.next(of: queue)) }
            if queue.open.isEmpty { return .value(.nil) }
            try call.mustWait()
            queue.waiter = call.task
            return .wait(.time, until: nil)
          }
        )
      ])
    let describe = register("tostring", isAlwaysAllowed: true) { host, call throws(HostFailure) in
      guard case .table(let table) = call[0] else { return .value("result") }
      return .value(.text(host.describe(table)))
    }
    try lua.define(tableType: ScriptHost.resultType, name: "result", text: describe)
    try defineGroupResults()
  }

  private func jobMethod(_ name: String, _ call: HostCall) throws(HostFailure) -> HostOutcome {
    let id = try job(call[0], name)
    switch name {
    case "wait": return awaitResult(id, until: try deadline(call[1], "wait"))
    case "cancel":
      let isLive = book.isLive(id)
      if isLive { session.cancel(id, reason: call[1].text ?? "no longer wanted") }
      return .value(.boolean(isLive))
    case "output":
      return try readOutput(
        HostCall(name: "read_output", arguments: call.arguments, task: call.task, isBlocked: call.isBlocked))
    default: return try steer(id, call[1], "steer")
    }
  }

  private func jobField(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let id = try job(call[0], "job")
    guard let record = book.records[id], let name = call[1].text else { return .value(.nil) }
    switch name {
    case "id": return .value(.text(book.keys[id] ?? id.rawValue))
    case "job": return .value(.text(id.rawValue))
    default:
      guard case .table(let table) = recordTable(record) else { return .value(.nil) }
      return .value(table[name])
    }
  }

  // MARK: Groups

  /// `task_group(specs [, options])`
  func taskGroup(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    try call.mustWait()
    return try submit(try withGiven(try GroupRequest(call[0], call[1], origin: lua.currentPlace())), call)
  }

  func submit(_ asked: GroupRequest, _ call: HostCall) throws(HostFailure) -> HostOutcome {
    var request = asked
    for warning in request.leaveUnknownOut() { presentation.say("agentscript: \(warning)") }
    let parent = parentJob(of: call.task)
    var group = GroupSpec(
      members: request.tasks.map { task in
        var spec = task.spec
        spec.parent = parent
        spec.phase = spec.phase ?? call.task.phase
        var member = GroupSpec.Member(key: task.key, spec: spec, dependencies: task.dependencies)
        member.rule = task.rule
        member.given = task.given
        return member
      })
    group.isSequential = request.isSequential
    group.maxConcurrency = request.maxConcurrency
    group.isAutomatic = request.isAutomatic
    group.thresholds = request.thresholds
    group.conflictDetection = request.conflictDetection
    group.failFast = request.failFast
    group.timeout = request.timeout
    group.fallsBack = request.fallsBack
    group.maxPerAgent = request.maxPerAgent
    group.budget = request.budget
    if request.isPlanOnly { return .value(try planned(group)) }
    if request.tasks.isEmpty {
      return try groupAnswer(JobGroup(id: "", jobs: [], keys: [], waves: []))
    }
    let engine = try session.open(), gate = gate, id = call.task.id, spec = group, taken = request
    let (number, wait) = expectAnswer()
    Task {
      let accepted: Result<GroupRecord, TaskError>
      do throws(TaskError) { accepted = .success(try await engine.submitGroup(spec)) } catch {
        accepted = .failure(error)
      }
      gate.post(.answer(number) { host throws(HostFailure) in try host.groupAccepted(accepted, taken, by: id) })
    }
    return .wait(wait, until: nil)
  }

  /// Dependencies on tasks of earlier groups are fulfilled: they leave the graph.
  func withGiven(_ asked: GroupRequest) throws(HostFailure) -> GroupRequest {
    var request = asked
    var given: [String: JobID] = [:]
    for pair in request.given.pairs {
      guard case .string = pair.key, let name = pair.key.text else {
        throw .misuse("task_group: given has a name that is none: \(OptionReader.show(pair.key))")
      }
      let id = try job(pair.value, "task_group: given '\(name)'")
      guard let record = try knownRecord(id), record.isSuccess else {
        throw .misuse("task_group: given '\(name)' has not succeeded: only what has can be given")
      }
      book.keep(record)
      given[name] = id
    }
    guard !given.isEmpty else { return request }
    let own = Set(request.tasks.compactMap(\.key))
    if let both = given.keys.sorted().first(where: own.contains) {
      throw .misuse("task_group: '\(both)' is given, and is a task of the group")
    }
    for index in request.tasks.indices {
      let named = request.tasks[index].dependencies.filter { given[$0] != nil }
      request.tasks[index].given = given.filter { named.contains($0.key) }
      request.tasks[index].dependencies.removeAll(where: named.contains)
    }
    return request
  }

  private func groupAccepted(
    _ accepted: Result<GroupRecord, TaskError>, _ request: GroupRequest, by id: ScriptTaskID
  ) throws(HostFailure) -> HostOutcome {
    let record: GroupRecord
    do throws(TaskError) { record = try accepted.get() } catch { throw .misuse("task_group: \(error.description)") }
    guard let task = tasks[id] else { return .nothing }
    for (job, member) in zip(record.jobs, request.tasks) {
      // Notices may have come first: what they brought is newer.
      adopt(book.records[job.id] ?? job, key: member.key, by: task)
    }
    if let limit = request.isSequential ? 1 : request.maxConcurrency { meter.limit(record.id, to: limit) }
    // Now all are known: what is told of the group counts all of them.
    for (job, member) in zip(record.jobs, request.tasks) {
      tell(member.onProgress ?? request.onProgress, of: job.id, endToo: member.onProgress == nil)
      if !member.given.isEmpty {
        book.givenNames[job.id] = Dictionary(member.given.map { ($0.value, $0.key) }) { first, _ in first }
      }
      if member.callsScript { bind(member.functions, to: job.id) }
    }
    let group = jobGroup(record, request)
    return request.runsInBackground
      ? .value(objects.push(.jobGroup(group))) : try awaitGroup(group, until: nil, isForeground: true)
  }

  func awaitGroup(
    _ group: JobGroup, until deadline: MonotonicTime?, isForeground: Bool = false
  ) throws(HostFailure) -> HostOutcome {
    let open = Set(group.jobs.filter { book.isLive($0) })
    if open.isEmpty { return try groupAnswer(group) }
    let wait = JobWait(group.jobs, mode: .all, open: open) { host, _ in
      do throws(HostFailure) {
        guard case .values(let values) = try host.groupAnswer(group) else { return .nothing }
        return .values(values)
      } catch { return host.answer(error) }
    }
    wait.isForeground = isForeground
    return .wait(.jobs(wait), until: deadline)
  }

  /// The results of a group that is over, or an error where the script wants one of failed tasks.
  private func groupAnswer(_ group: JobGroup) throws(HostFailure) -> HostOutcome {
    let results = groupResult(group)
    guard group.onError == .raise, case .table(let table) = results, case .table(let failed) = table["failed"],
      !failed.array.isEmpty
    else { return .value(results) }
    let sentences = failed.array.prefix(5).map { failure -> String in
      guard case .table(let failure) = failure else { return "" }
      return describe(failure)
    }
    let more = failed.array.count > 5 ? "; and \(failed.array.count - 5) more" : ""
    throw .misuse(
      "task_group: \(failed.array.count) of \(group.jobs.count) tasks failed: \(sentences.joined(separator: "; "))\(more)"
    )
  }

  private func groupMethod(_ name: String, _ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .jobGroup(let group) = objects[call[0]] else { throw .misuse("\(name): this is no group") }
    if name == "progress" { return .value(.table(groupProgress(group.id))) }
    if name == "wait" { return try awaitGroup(group, until: try deadline(call[1], "wait")) }
    session.cancelGroup(group.id, reason: call[1].text ?? "no longer wanted")
    for job in group.jobs where book.isLive(job) {
      session.cancel(job, reason: call[1].text ?? "no longer wanted")
    }
    return .nothing
  }

  /// The results in order, by id where that collides with nothing, and in `by_id`.
  private func groupResult(_ group: JobGroup) -> LuaValue {
    let results = group.jobs.map { result($0) }
    var byID: [(String, LuaValue)] = []
    for (key, result) in zip(group.keys, results) {
      if let key { byID.append((key, result)) }
    }
    let failed = zip(group.jobs, results).filter { book.records[$0.0]?.isFailure != false }.map(\.1)
    var fields: [(String, LuaValue)] = [
      ("success", .boolean(failed.isEmpty && !group.jobs.contains { isUnmerged($0) })),
      ("conflicts", conflicts(of: group.jobs)), ("failed", .table(LuaTable(array: failed))), ("waves", waves(group)),
      ("by_id", .table(LuaTable(fields: byID))),
    ]
    let taken = Set(fields.map(\.0))
    fields += byID.filter { !taken.contains($0.0) }
    let kept = group.onError == .drop ? zip(group.jobs, results).filter { isKept($0.0) }.map(\.1) : results
    var table = LuaTable(array: kept, fields: fields, type: ScriptHost.groupResultsType)
    table.pairs.append(ownGroup(group))
    return .table(table)
  }

  private func isKept(_ job: JobID) -> Bool { book.records[job]?.isSuccess == true }

  private func waves(_ group: JobGroup) -> LuaValue {
    let names: (Int) -> LuaValue = { index in
      .text(group.keys[index] ?? self.book.records[group.jobs[index]]?.name ?? group.jobs[index].rawValue)
    }
    return .table(LuaTable(array: group.waves.map { .table(LuaTable(array: $0.map(names))) }))
  }
}
