internal import Jobs
internal import LuaBindings
internal import Stdlib

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// What a script finds in its globals beside tasks: the lazily loaded combinators, log, os.exit, run, args, and modules.
extension ScriptHost {
  /// The module that only our own Lua code requires.
  static let moduleName = "agentscript.host"
  /// The module that scripts may require for the same functions as the globals.
  static let publicModuleName = "agentscript"

  /// In stdlib/agentscript/api.lua; loaded at the first call of one of them.
  private static let lazyNames = [
    "parallel", "race", "pipeline", "timeout", "retry", "async", "wait", "as_completed", "wait_for_completion",
    "read_output",
  ]

  /// Named in the manual; they come with the parts that they belong to.
  private static let laterNames = ["step", "checkpoint"]

  func defineGlobals() throws(LuaError) {
    try defineConcurrency()
    try defineJobs()
    try defineOutput()
    try definePhases()
    try defineProgress()
    try defineEvents()
    try defineQuestions()
    try defineAgents()
    for name in ScriptHost.lazyNames {
      try lua.define(lazily: name, from: "agentscript.api")
      try lua.define(lazily: name, from: "agentscript.api", in: ScriptHost.publicModuleName)
    }
    for name in ScriptHost.laterNames {
      try define(name) { _, _ throws(HostFailure) in
        throw .misuse("\(name)() is not there yet in this version of agentscript")
      }
    }
    try definePlumbing()
    try defineSystem()
    try defineHTTP()
    try define("exit", in: "os") { host, call throws(HostFailure) in try host.exit(call) }
    try define(
      type: 6, "run",
      getter: { host, call throws(HostFailure) in
        switch call[1].text {
        case "id": return .value(.text(host.session.id.rawValue))
        case "dir": return .value(.text(try host.session.directory().path))
        case "resumed": return .value(false)
        default: return .value(.nil)
        }
      },
      text: { host, _ throws(HostFailure) in .value(.text("run \(host.session.id)")) })
    try lua.setGlobal("run", objects.push(.run))
    let searcher = register("require") { host, call throws(HostFailure) in host.search(call[0].text ?? "") }
    try lua.define(searcher: searcher)
  }

  /// What api.lua needs to speak like the rest.
  private func definePlumbing() throws(LuaError) {
    let module = ScriptHost.moduleName
    try define("fail", in: module) { _, call throws(HostFailure) in throw .misuse(call[0].text ?? "") }
    try define("unknown_option", in: module) { _, call throws(HostFailure) in
      var known: [String] = []
      if case .table(let table) = call[2] { known = table.pairs.compactMap(\.key.text).sorted() }
      let name = call[1].text ?? ""
      let guess = NearMiss.best(for: name, among: known).map { "did you mean '\($0)'?" }
      throw .misuse(
        "\(call[0].text ?? ""): unknown option '\(name)'; \(guess ?? "known are " + known.joined(separator: ", "))")
    }
    try define("milliseconds", in: module) { _, call throws(HostFailure) in
      guard let duration = DurationText.of(call[2]) else {
        throw .misuse(
          "\(call[0].text ?? ""): \(call[1].text ?? "") must be \(DurationText.accepted), not \(OptionReader.show(call[2]))"
        )
      }
      return .value(.number(duration / .milliseconds(1)))
    }
    try define("deadline", in: module) { host, call throws(HostFailure) in
      .value(.integer(try host.deadline(call[0], "wait")?.nanoseconds ?? .max))
    }
    try define("left", in: module) { _, call throws(HostFailure) in
      .value(.number(max(0, Double(Int64(call[0].int ?? 0) - MonotonicTime.now.nanoseconds) / 1e6)))
    }
    let log = register("log") { host, call throws(HostFailure) in
      host.log(call.arguments.map { LuaText.describe($0) })
      return .nothing
    }
    try lua.define("log", function: log)
    try lua.define("log", in: ScriptHost.publicModuleName, function: log)
    try lua.define("log_line", in: module, function: log)
    try define("forget", in: module) { host, call throws(HostFailure) in
      if let id = call[0].text.flatMap({ try? JobID(validating: $0) }) { host.book.forget(id) }
      return .nothing
    }
    try define("in_task", in: module) { host, call throws(HostFailure) in
      .value(host.jobTask(of: call.task)?.job.map { .text($0.rawValue) } ?? .nil)
    }
  }

  /// The owner of `task` that runs a job's function, if there is one.
  func jobTask(of task: ScriptTask) -> ScriptTask? {
    var next: ScriptTask? = task
    while let task = next {
      if task.job != nil { return task }
      next = task.owner
    }
    return nil
  }

  /// A line for the log of the job whose function calls, else for standard error.
  private func log(_ parts: [[UInt8]]) {
    let line = Array(parts.joined(separator: [0x09]))
    if let job = current.flatMap({ jobTask(of: $0)?.job }) {
      session.log(job, line: line)
    } else {
      presentation.say(String(decoding: line, as: UTF8.self))
    }
  }

  // MARK: Modules

  /// A searcher (manual §6.3) for the modules that travel in the program; AGENTSCRIPT_STDLIB names a folder instead.
  private func search(_ name: String) -> HostOutcome {
    let source: [UInt8]
    if let folder = getenv("AGENTSCRIPT_STDLIB").map({ String(cString: $0) }) {
      let path = folder + "/" + name.replacing(".", with: "/") + ".lua"
      guard let bytes = SmallText.read(path) else { return .nothing }
      source = bytes
    } else {
      guard let bytes = EmbeddedModules.source(name) else { return .nothing }
      source = bytes
    }
    do throws(LuaError) {
      let shown = name.replacing(".", with: "/")
      let chunk = name.hasPrefix("agentscript.") ? "=\(shown).lua" : "=agentscript/\(shown).lua"
      return .values([.function(try lua.load(source, name: chunk)), .text("agentscript:\(name)")])
    } catch {
      return .value(.text(error.message))
    }
  }

  // MARK: The end

  /// `os.exit([code [, close]])`: the run ends here; what it started is cancelled.
  private func exit(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard let code = exitCode(call[0]) else {
      throw .misuse("bad argument #1 to 'exit' (number expected, got \(call[0].typeName))")
    }
    exitRequest = ExitRequest(code: code, closesState: call[1].isTruthy)
    if call.isBlocked {
      // The coroutine cannot be left from here; the process can.
      session.killAll()
      session.end(exitCode: code, status: code == 0 ? .completed : .failed)
      endProcess(code)
    }
    return .wait(.time, until: nil)
  }

  /// What `os.exit` makes of its first argument.
  func exitCode(_ value: LuaValue) -> Int32? {
    switch value {
    case .nil, .boolean(true): 0
    case .boolean(false): 1
    default: value.int.map { Int32(truncatingIfNeeded: $0) }
    }
  }

  func endProcess(_ code: Int32) -> Never {
    #if canImport(Glibc)
      Glibc.exit(code)
    #else
      Darwin.exit(code)
    #endif
  }
}

/// Small files that are text.
enum SmallText {
  /// All bytes of a file, or nil if it cannot be read.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = systemRead(descriptor, &chunk)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  private static func systemRead(_ descriptor: Int32, _ chunk: inout [UInt8]) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, &chunk, chunk.count)
    #else
      Darwin.read(descriptor, &chunk, chunk.count)
    #endif
  }
}
