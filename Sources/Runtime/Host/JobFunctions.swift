internal import Clocks
internal import Jobs
internal import LuaBindings

// task, spawn, task_group, wait, wait_any, as_completed, status, jobs, cancel.
extension ScriptHost {
  func defineJobs() throws(LuaError) {
    try publish("task") { host, call throws(HostFailure) in try host.task(call, inBackground: false) }
    try publish("spawn") { host, call throws(HostFailure) in try host.task(call, inBackground: true) }
    try publish("task_group") { host, call throws(HostFailure) in try host.taskGroup(call) }
    try publish("wait_any") { host, call throws(HostFailure) in try host.waitAny(call) }
    try publish("status") { host, call throws(HostFailure) in try host.status(call) }
    try publish("jobs") { host, call throws(HostFailure) in try host.listJobs(call) }
    for name in ["cancel", "kill"] {
      try publish(name) { host, call throws(HostFailure) in try host.cancel(call) }
    }
    try define("wait", in: ScriptHost.moduleName) { host, call throws(HostFailure) in try host.wait(call) }
    try define("wait_for_completion", in: ScriptHost.moduleName) { host, call throws(HostFailure) in
      try host.waitForCompletion(call)
    }
    try define("leave_standard_streams", in: ScriptHost.moduleName) { _, _ throws(HostFailure) in
      StandardOutput.leaveStreams()
      return .nothing
    }
    try define("completions", in: ScriptHost.moduleName) { host, call throws(HostFailure) in
      try host.completions(call)
    }
    try defineJobObjects()
    try definePlans()
  }

  /// A function of the script API: a global, a field of the module `agentscript`, and one that ours find even if a
  /// script has shadowed the global.
  func publish(
    _ name: String, _ body: @escaping (ScriptHost, HostCall) throws(HostFailure) -> HostOutcome
  ) throws(LuaError) {
    let number = register(name, body)
    for module in [nil, ScriptHost.publicModuleName, ScriptHost.moduleName] {
      try lua.define(name, in: module, function: number)
    }
  }

  // MARK: Starting

  /// `task(spec)`, `task(agent, prompt [, spec])`
  private func task(_ call: HostCall, inBackground: Bool) throws(HostFailure) -> HostOutcome {
    var request = try SpecReader.read(
      try specArgument(call), subject: call.name, origin: lua.currentPlace())
    let isBackground = inBackground || request.runsInBackground
    if !isBackground { try call.mustWait() }
    request.spec.parent = parentJob(of: call.task)
    request.spec.phase = request.spec.phase ?? call.task.phase
    if let spec = request.detached { return try startDetached(spec, request, call, isBackground: isBackground) }
    if request.spec.id != nil { return try startChecked(request, call, isBackground: isBackground) }
    let record = try session.open().submit(request.spec)
    note(record, request, call.task)
    return isBackground ? .value(objects.push(.job(record.id))) : awaitResult(record.id, until: nil, isForeground: true)
  }

  /// A caller's own id may be taken: the registry is asked first.
  private func startChecked(
    _ request: TaskRequest, _ call: HostCall, isBackground: Bool
  ) throws(HostFailure) -> HostOutcome {
    try call.mustWait()
    let engine = try session.open(), gate = gate, spec = request.spec, id = call.task.id, name = call.name
    let (number, wait) = expectAnswer()
    Task {
      let accepted: Result<JobRecord, TaskError>
      do throws(TaskError) { accepted = .success(try await engine.submitChecked(spec)) } catch {
        accepted = .failure(error)
      }
      gate.post(
        .answer(number) { host throws(HostFailure) in
          guard let task = host.tasks[id] else { return .nothing }
          let record: JobRecord
          do throws(TaskError) { record = try accepted.get() } catch { throw .misuse("\(name): \(error.description)") }
          host.note(record, request, task)
          return isBackground
            ? .value(host.objects.push(.job(record.id))) : host.awaitResult(record.id, until: nil, isForeground: true)
        })
    }
    return .wait(wait, until: nil)
  }

  /// Starts a runner of its own for the job, and follows the job from here.
  private func startDetached(
    _ table: LuaTable, _ request: TaskRequest, _ call: HostCall, isBackground: Bool
  ) throws(HostFailure) -> HostOutcome {
    try call.mustWait()
    let directory = try session.directory(), gate = gate, id = call.task.id, name = call.name
    var table = table
    table["phase"] = text(request.spec.phase)
    if request.spec.id == nil {
      let made = DetachedRunner.makeID(slug: request.key ?? request.spec.slugSource(secrets.redaction))
      table["key"] = .nil
      table["id"] = .text(made.rawValue)
    }
    let spec = LuaJSON.text(.table(table))
    let (number, wait) = expectAnswer()
    OwnThread.start {
      let accepted = Result { () throws(DetachedRunner.Failure) in try DetachedRunner.start(spec, in: directory) }
      gate.post(
        .answer(number) { host throws(HostFailure) in
          guard host.tasks[id] != nil else { return .nothing }
          let job: JobID
          do throws(DetachedRunner.Failure) { job = try accepted.get() } catch {
            throw .misuse("\(name): \(error.sentence)")
          }
          if let key = request.key { host.book.names[key] = job }
          try host.follow(job)
          return isBackground ? .value(host.objects.push(.job(job))) : host.awaitResult(job, until: nil)
        })
    }
    return .wait(wait, until: nil)
  }

  private func note(_ record: JobRecord, _ request: TaskRequest, _ task: ScriptTask) {
    // Notices may have come first: what they brought is newer.
    adopt(book.records[record.id] ?? record, key: request.key, by: task)
    tell(request.onProgress, of: record.id)
    if request.callsScript { bind(request.functions, to: record.id) }
  }

  private func specArgument(_ call: HostCall) throws(HostFailure) -> LuaValue {
    guard case .string = call[0] else { return call[0] }
    guard case .string = call[1] else {
      throw .misuse(
        "\(call.name): after the agent's name comes the prompt, a string, not \(OptionReader.show(call[1]))")
    }
    var spec = LuaTable()
    if case .table(let table) = call[2] {
      spec = table
    } else if !call[2].isNil {
      throw .misuse("\(call.name): the third argument must be a table, not \(OptionReader.show(call[2]))")
    }
    for (name, value) in [("agent", call[0]), ("prompt", call[1])] {
      if !spec[name].isNil { throw .misuse("\(call.name): \(name) is given twice, as an argument and in the spec") }
      spec[name] = value
    }
    return .table(spec)
  }

  /// The job whose function this task runs, or one of its owners.
  func parentJob(of task: ScriptTask) -> JobID? {
    var next: ScriptTask? = task
    while let task = next {
      if let job = task.job { return job }
      next = task.owner
    }
    return nil
  }

  // MARK: Waiting

  func awaitResult(_ id: JobID, until deadline: MonotonicTime?, isForeground: Bool = false) -> HostOutcome {
    guard book.isLive(id) else { return .value(result(id)) }
    let wait = JobWait([id], mode: .all, open: [id]) { host, _ in .values([host.result(id)]) }
    wait.isForeground = isForeground
    return .wait(.jobs(wait), until: deadline)
  }

  private func awaitResults(_ ids: [JobID], until deadline: MonotonicTime?) -> HostOutcome {
    let open = Set(ids.filter { book.isLive($0) })
    let make: (ScriptHost) -> LuaValue = { host in .table(LuaTable(array: ids.map { host.result($0) })) }
    if open.isEmpty { return .value(make(self)) }
    return .wait(.jobs(JobWait(ids, mode: .all, open: open) { host, _ in .values([make(host)]) }), until: deadline)
  }

  /// `wait(x [, timeout])`: a job, an id, a result, a list or a group.
  private func wait(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let deadline = try deadline(call[1], "wait")
    if case .jobGroup(let group) = objects[call[0]] { return try awaitGroup(group, until: deadline) }
    if case .table(let list) = call[0], list.pairs.isEmpty {
      var ids: [JobID] = []
      for element in list.array { ids.append(try job(element, "wait")) }
      for id in ids where book.records[id] == nil { try follow(id) }
      return awaitResults(ids, until: deadline)
    }
    let id = try job(call[0], "wait")
    if book.records[id] == nil { try follow(id) }
    return awaitResult(id, until: deadline)
  }

  /// `wait_any(list [, timeout]) -> result, index`
  private func waitAny(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .table(let list) = call[0], list.pairs.isEmpty, !list.array.isEmpty else {
      throw .misuse(
        "wait_any: the first argument must be a list of at least one job, not \(OptionReader.show(call[0]))")
    }
    let deadline = try deadline(call[1], "wait_any")
    var ids: [JobID] = []
    for element in list.array { ids.append(try job(element, "wait_any")) }
    for id in ids where book.records[id] == nil { try follow(id) }
    let over = ids.indices.filter { !book.isLive(ids[$0]) }
    if let first = over.min(by: { endOrder(ids[$0]) < endOrder(ids[$1]) }) {
      return .values([result(ids[first]), .integer(Int64(first + 1))])
    }
    let wait = JobWait(ids, mode: .any, open: Set(ids)) { host, ended in
      .values([host.result(ended), .integer(Int64((ids.firstIndex(of: ended) ?? 0) + 1))])
    }
    return .wait(.jobs(wait), until: deadline)
  }

  private func endOrder(_ id: JobID) -> Int64 { book.records[id]?.completedAt?.milliseconds ?? 0 }

  private func completions(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .table(let list) = call[0], list.pairs.isEmpty else {
      throw .misuse("as_completed: the argument must be a list of jobs, not \(OptionReader.show(call[0]))")
    }
    let queue = CompletionQueue()
    for (index, element) in list.array.enumerated() {
      let id = try job(element, "as_completed")
      if book.records[id] == nil { try follow(id) }
      if book.isLive(id) {
        queue.open[id, default: []].append(index + 1)
        if queue.open[id]?.count == 1 { book.queues[id, default: []].append(queue) }
      } else {
        queue.ended.append((id, index + 1))
      }
    }
    queue.ended.sort { endOrder($0.job) < endOrder($1.job) }
    return .value(objects.push(.completions(queue)))
  }

  /// The documented helper: of an output file or a job; a time-out is a result here.
  private func waitForCompletion(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let deadline = try deadline(call[1].isNil ? "5m" : call[1], "wait_for_completion")
    let id: JobID
    if case .string = call[0], let text = call[0].text, text.contains("/") {
      guard let found = try jobOfOutputFile(text) else {
        let error = "no task writes the output file '\(text)'"
        return .value(.table(LuaTable(fields: [("success", false), ("error", .text(error))])))
      }
      id = found
    } else {
      id = try job(call[0], "wait_for_completion")
    }
    if book.records[id] == nil { try follow(id) }
    return awaitResult(id, until: deadline)
  }

  // MARK: Which job

  /// The job that a value names: a job, its id or key, or a result.
  func job(_ value: LuaValue, _ name: String) throws(HostFailure) -> JobID {
    if case .job(let id) = objects[value] { return id }
    var text = value.text
    if case .table(let table) = value { text = table["job"].text ?? table["id"].text }
    guard let text else {
      throw .misuse("\(name): \(OptionReader.show(value)) is no job; give a job, its id, or a result")
    }
    if let id = book.names[text] { return id }
    let id: JobID
    do throws(JobIDError) { id = try JobID(validating: text) } catch {
      throw .misuse("\(name): \(error.description)")
    }
    if book.records[id] != nil { return id }
    if let record = try stored(id) {
      if record.status.isTerminal { book.keep(record) }
      return id
    }
    let guess = NearMiss.best(for: text, among: Array(book.names.keys) + book.order.map(\.rawValue))
    throw .misuse("\(name): there is no job '\(text)'" + (guess.map { "; did you mean '\($0)'?" } ?? ""))
  }

  /// A job's record as this run knows it, else as the registry has it.
  func knownRecord(_ id: JobID) throws(HostFailure) -> JobRecord? {
    if let record = book.records[id] { return record }
    return try stored(id)
  }

  /// A job's record as the registry has it, of any run.
  func stored(_ id: JobID) throws(HostFailure) -> JobRecord? {
    guard try session.directory().holdsRegistry else { return nil }
    let registry = try session.openRegistry()
    do throws(RegistryError) { return try registry.job(id) } catch { throw .misuse(error.description) }
  }

  private func jobOfOutputFile(_ path: String) throws(HostFailure) -> JobID? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard name.hasSuffix(".log"), let id = try? JobID(validating: String(name.dropLast(4))) else { return nil }
    if book.records[id] != nil { return id }
    return try stored(id) == nil ? nil : id
  }

  /// Brings in a job of another run: its records arrive here like those of our own.
  func follow(_ id: JobID) throws(HostFailure) {
    guard let record = try stored(id) else { return }
    book.keep(record)
    guard !record.status.isTerminal else { return }
    let registry = try session.openRegistry(), gate = gate
    Task {
      while true {
        try? await Task.pause(for: .milliseconds(100))
        _ = try? registry.reconcile()
        guard let now = try? registry.job(id) else { return }
        if now.status.isTerminal { return gate.post(.job(.changed(now))) }
      }
    }
  }

  // MARK: Looking and ending

  /// `status(x) -> word, record`
  private func status(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let id = try job(call[0], "status")
    guard let record = try knownRecord(id) else { return .values([.nil]) }
    return .values([.text(record.status.rawValue), recordTable(record)])
  }

  /// `jobs{status = …, run = …}`: records; of this run, or of any with `run = "all"`.
  private func listJobs(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    var filter = JobFilter()
    filter.run = session.id
    if case .table(let table) = call[0] {
      var options = try OptionReader(table, subject: "jobs")
      if let word = try options.text("status") {
        guard let status = JobStatus(rawValue: word) else {
          throw options.failure("status", .text(word), JobStatus.allCases.map(\.rawValue).joined(separator: ", "))
        }
        filter.statuses = [status]
      }
      if let run = try options.text("run") {
        guard run == "all" || RunID(run) != nil else {
          throw options.failure("run", .text(run), "a run's id, or \"all\"")
        }
        filter.run = RunID(run)
      }
      filter.limit = try options.count("limit", in: 1...Int.max)
      if let (name, value) = try options.take("label", "labels") {
        filter.labels = try TaskMarks.labels(value, name, options)
      }
      filter.phase = try options.text("phase")
      filter.topic = try options.text("topic")
      try options.finish()
    } else if !call[0].isNil {
      throw .misuse("jobs: the options must be a table, not \(OptionReader.show(call[0]))")
    }
    if filter.run == session.id {
      let records = try ownRecords().filter { $0.run == session.id && filter.takes($0) }
      return .value(.table(LuaTable(array: records.prefix(filter.limit ?? .max).map { recordTable($0) })))
    }
    guard try session.directory().holdsRegistry else { return .value(.table(LuaTable())) }
    let registry = try session.openRegistry()
    do throws(RegistryError) {
      return .value(.table(LuaTable(array: try registry.jobs(filter).map { recordTable($0) })))
    } catch { throw .misuse(error.description) }
  }

  /// The jobs of this run: those that were let go of from the registry, the others as they are now.
  private func ownRecords() throws(HostFailure) -> [JobRecord] {
    let known = book.order.compactMap { book.records[$0] }
    guard book.forgottenCount > 0 else { return known }
    var filter = JobFilter()
    filter.run = session.id
    let registry = try session.openRegistry()
    do throws(RegistryError) {
      let stored = try registry.jobs(filter), ids = Set(stored.map(\.id))
      return stored.map { book.records[$0.id] ?? $0 } + known.filter { !ids.contains($0.id) }
    } catch { throw .misuse(error.description) }
  }

  /// `cancel(x [, reason])`: a job, an id, a list or a group. True if something was still going on.
  private func cancel(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    if !call[1].isNil, call[1].text == nil {
      throw .misuse("\(call.name): the reason must be a string, not \(OptionReader.show(call[1]))")
    }
    let reason = call[1].text ?? "no longer wanted"
    var keepsChildren = false
    if case .table(let table) = call[2] {
      var options = try OptionReader(table, subject: call.name)
      keepsChildren = try options.flag("keep_children") ?? false
      try options.finish()
    } else if !call[2].isNil {
      throw .misuse("\(call.name): the options must be a table, not \(OptionReader.show(call[2]))")
    }
    var ids: [JobID] = []
    if case .jobGroup(let group) = objects[call[0]] {
      ids = group.jobs
      if !keepsChildren { session.cancelGroup(group.id, reason: reason) }
    } else if case .table(let list) = call[0], list.pairs.isEmpty {
      for element in list.array { ids.append(try job(element, call.name)) }
    } else {
      ids = [try job(call[0], call.name)]
    }
    var isLive = false
    for id in ids {
      guard let record = try knownRecord(id), !record.status.isTerminal else { continue }
      isLive = true
      if record.run == session.id {
        session.cancel(id, reason: reason, keepsChildren: keepsChildren)
      } else {
        let registry = try session.openRegistry()
        let shown = secrets.redaction.text(reason)
        do throws(RegistryError) {
          _ = try registry.requestCancel(id, by: "script", reason: shown, keepsChildren: keepsChildren)
        } catch {
          throw .misuse(error.description)
        }
      }
    }
    return .value(.boolean(isLive))
  }
}
