internal import Jobs
internal import LuaBindings
internal import Models

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a script's spec of a task says, beside what the engine needs.
struct TaskRequest {
  var spec: TaskSpec
  /// What the script calls it, when it gave a name of its own.
  var key: String?
  var functions = TaskFunctions()
  var onProgress: LuaReference?
  var runsInBackground = false
  /// Its job is to outlive the script: this is the whole spec, for the runner.
  var detached: LuaTable?
  var dependencies: [String] = []
  /// Whether it says itself how often it is tried again.
  var saysRetries = false
  /// Whether it says itself how urgent it is.
  var saysPriority = false
  var rule = TaskRule()
  /// Dependencies that were fulfilled by jobs of an earlier group.
  var given: [String: JobID] = [:]

  /// Whether the script is called for it: by a function of it, or to ask a person.
  var callsScript: Bool { !functions.isEmpty || spec.escalation != nil }
}

/// Reads specs of tasks: the options of SPEC's table, their aliases, and a plain sentence for each mistake.
enum SpecReader {
  /// Named in the manual, but they belong to parts that are not built yet.
  static let laterOptions: Set<String> = ["effect", "backend"]

  /// `isInGroup`: ids are names inside the group then, and dependencies are allowed.
  static func read(
    _ value: LuaValue, subject: String, isInGroup: Bool = false, origin: String
  ) throws(HostFailure) -> TaskRequest {
    guard case .table(let table) = value else {
      throw .misuse("\(subject): the spec must be a table, not \(OptionReader.show(value))")
    }
    var options = try OptionReader(table, subject: subject, later: laterOptions)
    let id = try options.text("id")
    let key = try options.text("key")
    if let id, let key, id != key {
      throw .misuse("\(subject): id \"\(id)\" and key \"\(key)\" mean the same; give one of them")
    }
    let name = try options.text("name")
    let description = try options.text("description")
    if let label = id ?? key ?? name ?? description { options.subject = "\(subject) '\(label)'" }
    let work = try readWork(&options)
    var spec = TaskSpec(work: work?.work ?? .function)
    spec.name = name
    spec.description = description
    spec.agent = try options.text("agent", "subagent_type")
    spec.origin = origin.isEmpty ? nil : origin
    spec.marks = try TaskMarks.read(&options)
    try readPlace(&options, &spec)
    spec.timeout = try options.duration("timeout")
    try readBounds(&options, &spec)
    try readAccess(&options, &spec)
    var request = TaskRequest(spec: spec)
    try readAttempts(&options, &request, hasWork: work != nil)
    try readAgent(&options, &request, hasWork: work != nil)
    try readIsolation(&options, &request.spec, id: isInGroup ? nil : id)
    request.functions.work = work?.function
    request.onProgress = try options.function("on_progress")
    request.runsInBackground = try options.flag("run_in_background") ?? false
    request.key = id ?? key
    if try options.flag("detach") == true {
      if !spec.access.isEmpty {
        throw .misuse(
          "\(options.subject): reads or writes and detach exclude each other: only jobs of one run are compared")
      }
      request.detached = try detached(table, request, options.subject, isInGroup: isInGroup)
    }
    try readScheduling(&options, &request, isInGroup: isInGroup)
    if isInGroup {
      request.dependencies = try options.texts("dependencies", "depends_on") ?? []
    } else {
      if try options.texts("dependencies", "depends_on") != nil {
        throw .misuse("\(options.subject): dependencies belong to the tasks of a task_group")
      }
      if let id { request.spec.id = try jobID(id, options.subject) }
    }
    if let key = request.key { _ = try jobID(key, options.subject) }
    try options.finish()
    if isInGroup { try readNeeds(&request, subject: options.subject) }
    // Only now: a slip in the name of one of them has been told before.
    if work == nil { throw .misuse("\(options.subject): nothing to run; give it a command, a prompt or an fn") }
    return request
  }

  /// The spec as the runner of a detached job is to get it.
  private static func detached(
    _ table: LuaTable, _ request: TaskRequest, _ subject: String, isInGroup: Bool
  ) throws(HostFailure) -> LuaTable {
    if isInGroup { throw .misuse("\(subject): detach does not belong to the tasks of a task_group") }
    switch request.spec.work {
    case .shell, .arguments: break
    case .function, .prompt: throw .misuse("\(subject): detach needs a command: a function ends with its script")
    }
    if !table["on_progress"].isNil {
      throw .misuse("\(subject): detach and on_progress exclude each other: the job may outlive the script")
    }
    for name in ["gate", "escalate"] {
      guard case .function = table[name] else { continue }
      throw .misuse("\(subject): detach and a function as \(name) exclude each other: the job may outlive the script")
    }
    if case .string = table["stdin"], table["stdin"].exactText == nil {
      throw .misuse("\(subject): the stdin of a detached task must be UTF-8")
    }
    var rest = table
    for name in ["detach", "run_in_background"] { rest[name] = .nil }
    return rest
  }

  private static func jobID(_ text: String, _ subject: String) throws(HostFailure) -> JobID {
    do throws(JobIDError) { return try JobID(validating: text) } catch {
      throw .misuse("\(subject): \(error.description)")
    }
  }

  /// One of command, prompt (or task) and fn, and only one; nil if there is none.
  static func readWork(
    _ options: inout OptionReader
  ) throws(HostFailure) -> (work: TaskSpec.Work, function: LuaReference?)? {
    let command = try options.take("command")
    let prompt = try options.take("prompt", "task")
    let function = try options.take("fn")
    let given = [command, prompt, function].compactMap { $0?.name }
    if given.count > 1 {
      throw .misuse(
        "\(options.subject): \(given[0]) and \(given[1]) exclude each other; a task has one of command, prompt and fn")
    }
    if let command { return (try readCommand(command.value, options), nil) }
    if let prompt {
      guard case .string = prompt.value else { throw options.failure(prompt.name, prompt.value, "a string") }
      guard let text = prompt.value.exactText else { throw notUTF8(options.subject, "the \(prompt.name)") }
      if text.isEmpty { throw .misuse("\(options.subject): the \(prompt.name) is empty") }
      return (.prompt(text), nil)
    }
    guard let function else { return nil }
    guard case .function(let reference) = function.value else {
      throw options.failure("fn", function.value, "a function")
    }
    return (.function, reference)
  }

  private static func notUTF8(_ subject: String, _ what: String) -> HostFailure {
    .misuse("\(subject): \(what) contains bytes that are not UTF-8; only stdin can pass these on")
  }

  /// `name`: the option that the command stands in.
  static func readCommand(
    _ value: LuaValue, _ options: OptionReader, name: String = "command"
  ) throws(HostFailure) -> TaskSpec.Work {
    switch value {
    case .string(let bytes):
      if bytes.contains(0) { throw .misuse("\(options.subject): the \(name) contains a NUL byte") }
      guard let text = value.exactText else { throw notUTF8(options.subject, "the \(name)") }
      if text.allSatisfy(\.isWhitespace) { throw .misuse("\(options.subject): the \(name) is empty") }
      return .shell(text)
    case .table(let table) where table.pairs.isEmpty && !table.array.isEmpty:
      var words: [String] = []
      for (index, element) in table.array.enumerated() {
        if case .string = element, element.exactText == nil {
          throw notUTF8(options.subject, "word \(index + 1) of the \(name)")
        }
        guard let word = element.text ?? element.int.map({ String($0) }), !word.utf8.contains(0) else {
          throw .misuse(
            "\(options.subject): word \(index + 1) of the \(name) must be a string without NUL bytes, not \(OptionReader.show(element))"
          )
        }
        words.append(word)
      }
      if words[0].isEmpty { throw .misuse("\(options.subject): the \(name)'s first word, the program, is empty") }
      return .arguments(words)
    default: throw options.failure(name, value, "a string for the shell, or a list of words")
    }
  }

  /// idle_timeout, limits, sandbox, tty.
  private static func readBounds(_ options: inout OptionReader, _ spec: inout TaskSpec) throws(HostFailure) {
    var given: [String] = []
    spec.limits.idle = try options.duration("idle_timeout")
    if spec.limits.idle != nil { given.append("idle_timeout") }
    if let (_, value) = try options.take("limits") {
      guard case .table(let table) = value else {
        throw options.failure("limits", value, "a table of memory, cpu, nofile, processes and output")
      }
      var reader = try OptionReader(table, subject: "\(options.subject): limits")
      spec.limits.memory = try reader.size("memory")
      spec.limits.cpu = try reader.duration("cpu")
      spec.limits.openFiles = try reader.count("nofile", in: 8...Int(Int32.max))
      spec.limits.processes = try reader.count("processes", in: 1...Int(Int32.max))
      if let (name, value) = try reader.take("output") {
        spec.limits.output = value == .boolean(false) ? nil : try reader.size(value, name, orFalse: true)
      }
      try reader.finish()
      given.append("limits")
    }
    spec.sandbox = try SandboxOption.read(&options)
    if spec.sandbox != nil { given.append("sandbox") }
    if try options.flag("tty") == true {
      spec.hasTerminal = true
      given.append("tty")
    }
    switch spec.work {
    case .shell, .arguments: break
    case .prompt:
      // These have a meaning for agents too: how long they may be silent, how much they write, what their commands touch.
      guard let name = given.first(where: { $0 == "tty" }) else { return }
      throw .misuse("\(options.subject): \(name) belongs to tasks with a command")
    case .function:
      if let name = given.first { throw .misuse("\(options.subject): \(name) belongs to tasks with a command") }
    }
  }

  /// cwd, env, stdin.
  static func readPlace(_ options: inout OptionReader, _ spec: inout TaskSpec) throws(HostFailure) {
    spec.cwd = try options.text("cwd", "workdir")
    if let (_, value) = try options.take("env") {
      guard case .table(let table) = value, table.array.isEmpty else {
        throw options.failure("env", value, "a table of names and values")
      }
      for pair in table.pairs {
        guard case .string = pair.key, let name = pair.key.text, !name.isEmpty, !name.contains("=") else {
          throw .misuse("\(options.subject): env has a name that is none: \(OptionReader.show(pair.key))")
        }
        switch pair.value {
        case .boolean(false): spec.environment[name] = .some(nil)
        case .boolean(true): if let own = getenv(name) { spec.environment[name] = .some(String(cString: own)) }
        case .string, .integer, .number:
          let bytes = LuaText.describe(pair.value)
          if bytes.contains(0) { throw .misuse("\(options.subject): env.\(name) contains a NUL byte") }
          guard let text = LuaValue.string(bytes).exactText else { throw notUTF8(options.subject, "env.\(name)") }
          spec.environment[name] = .some(text)
        default:
          throw .misuse(
            "\(options.subject): env.\(name) must be a string, a number, false to take it away, or true to pass ours on, not \(OptionReader.show(pair.value))"
          )
        }
      }
    }
    if let (_, value) = try options.take("stdin") {
      guard case .string(let bytes) = value else { throw options.failure("stdin", value, "a string") }
      spec.stdin = .bytes(bytes)
    }
  }
}

/// What a script's `task_group{specs, options}` says.
struct GroupRequest {
  var tasks: [TaskRequest] = []
  var isSequential = false
  var maxConcurrency: Int?
  var isAutomatic = false
  var thresholds = LoadThresholds()
  var conflictDetection = ConflictDetection.serialize
  /// What would run is to be told, and not to be run.
  var isPlanOnly = false
  /// Whether dependencies that are no task of the group are left out.
  var leavesUnknownOut = false
  var failFast = false
  var timeout: Duration?
  var onProgress: LuaReference?
  var runsInBackground = false
  /// What becomes of failed tasks in what the script gets.
  var onError = OnError.keep
  var fallsBack = false
  /// What the models of its tasks may take, all together.
  var budget: BudgetLimit?
  var maxPerAgent: [String: Int] = [:]
  /// Tasks of earlier groups that count as dependencies that have succeeded: jobs, ids or results, by the names used here.
  var given = LuaTable()
  /// With what it can be run again.
  var material = GroupMaterial()
  /// The group of which it runs some tasks again.
  var again: GroupAgain?

  /// `keep` leaves results of failed tasks in the list, `drop` leaves them out, `raise` makes an error of them.
  enum OnError: String, CaseIterable { case keep, raise, drop }

  static let laterOptions: Set<String> = [
    "id", "name", "description",
  ]

  init(_ specs: LuaValue, _ options: LuaValue, origin: String) throws(HostFailure) {
    guard case .table(let list) = specs, list.pairs.isEmpty else {
      throw .misuse("task_group: the first argument must be a list of specs, not \(OptionReader.show(specs))")
    }
    material = GroupMaterial(specs: list.array, options: options)
    var count = 0
    for element in list.array {
      count += 1
      tasks.append(
        try SpecReader.read(element, subject: "task_group: task \(count)", isInGroup: true, origin: origin))
    }
    guard !options.isNil else { return }
    guard case .table(let table) = options else {
      throw .misuse("task_group: the options must be a table, not \(OptionReader.show(options))")
    }
    var reader = try OptionReader(table, subject: "task_group", later: GroupRequest.laterOptions)
    if let mode = try reader.text("mode") {
      guard mode == "parallel" || mode == "sequential" else {
        throw reader.failure("mode", .text(mode), "\"parallel\" or \"sequential\"")
      }
      isSequential = mode == "sequential"
    }
    try readPlanning(&reader)
    failFast = try reader.flag("fail_fast") ?? false
    try readFailure(&reader)
    maxPerAgent = try GroupRequest.agentLimits(&reader)
    if let priority = try SpecReader.priority(&reader) {
      for index in tasks.indices where !tasks[index].saysPriority { tasks[index].spec.priority = priority }
    }
    if let (name, value) = try reader.take("given") {
      guard case .table(let table) = value, table.array.isEmpty else {
        throw reader.failure(name, value, "a table of results (or jobs, or ids) by the names that dependencies use")
      }
      given = table
    }
    timeout = try reader.duration("timeout")
    budget = try SpecReader.budget("budget", &reader)
    try SpecReader.readEscalate(&reader, ofGroup: &tasks)
    onProgress = try reader.function("on_progress")
    runsInBackground = try reader.flag("run_in_background") ?? false
    let marks = try TaskMarks.read(&reader)
    for index in tasks.indices { tasks[index].spec.marks = tasks[index].spec.marks.over(marks) }
    try reader.finish()
  }

  /// on_error, fallback.
  private mutating func readFailure(_ reader: inout OptionReader) throws(HostFailure) {
    if let word = try reader.text("on_error") {
      guard let choice = OnError(rawValue: word) else {
        throw reader.failure("on_error", .text(word), "\"keep\", \"raise\" or \"drop\"")
      }
      onError = choice
    }
    guard let word = try reader.text("fallback") else { return }
    guard word == "sequential" else { throw reader.failure("fallback", LuaValue.text(word), "\"sequential\"") }
    if failFast { throw .misuse("task_group: fallback and fail_fast exclude each other") }
    if isSequential { throw .misuse("task_group: fallback = \"sequential\" has no sense in mode = \"sequential\"") }
    fallsBack = true
  }

  private static func agentLimits(_ reader: inout OptionReader) throws(HostFailure) -> [String: Int] {
    guard let (name, value) = try reader.take("max_per_agent") else { return [:] }
    let accepted = "a table of agents' names and whole numbers of at least 1"
    guard case .table(let table) = value, table.array.isEmpty else { throw reader.failure(name, value, accepted) }
    var limits: [String: Int] = [:]
    for pair in table.pairs {
      guard let agent = pair.key.text, let limit = pair.value.int, limit >= 1 else {
        throw reader.failure(name, pair.value, accepted)
      }
      limits[agent] = limit
    }
    return limits
  }
}
