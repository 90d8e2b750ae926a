internal import Jobs
internal import LuaBindings

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One whole invocation on its host: what `lua` does with a command line, and then what the run needs to end honestly.
struct ScriptProgram {
  let host: ScriptHost
  let invocation: ScriptInvocation
  let prompt: ScriptPrompt?

  /// Runs everything and returns how it ended. Jobs that go on when the script ends are waited for.
  func run() -> ScriptOutcome {
    do throws(LuaError) { try prepare() } catch { return .failed(error.description) }
    if let timeout = invocation.options.timeout { host.deadlines.set(.run, at: .now.advanced(by: timeout)) }
    var outcome = runChunks()
    if case .failed = outcome { host.session.cancelAll(reason: "the script failed") }
    host.run { host.root.jobs.isEmpty && host.tasks.isEmpty }
    if let exit = host.exitRequest {
      return leave(exit)
    }
    if let termination = host.termination {
      return .terminated(reason: termination.reason, exitCode: termination.exitCode)
    }
    let ignored = host.book.ignoredFailures
    if case .finished(let value, _) = outcome { outcome = .finished(value, ignoredFailures: ignored) }
    return outcome
  }

  private func leave(_ exit: ScriptHost.ExitRequest) -> ScriptOutcome {
    if exit.closesState { for task in host.inOrder(host.tasks) { task.coroutine.map { host.lua.unwind($0) } } }
    host.exitRequest = nil
    for job in host.book.owners.keys { host.session.cancel(job, reason: "the script called os.exit") }
    host.run { host.book.owners.isEmpty }
    return .exited(code: exit.code)
  }

  // MARK: As lua does

  private func prepare() throws(LuaError) {
    try host.lua.openLibraries(ignoringEnvironment: invocation.ignoreEnvironment)
    if invocation.warnings { host.lua.setWarnings(on: true) }
    try host.defineGlobals()
    if case .file(let path) = invocation.main { host.session.script = path }
    host.session.arguments = Array(invocation.argv.dropFirst(invocation.scriptIndex + 1))
    try defineArguments()
    host.lua.useGenerationalCollector()
  }

  /// `arg` as lua has it; `args` with the arguments and the variables of `--var`.
  private func defineArguments() throws(LuaError) {
    let argv = invocation.argv, script = invocation.scriptIndex
    var arg = LuaTable(array: argv.dropFirst(script + 1).map { .text($0) })
    for index in 0...min(script, argv.count - 1) {
      arg.pairs.append(LuaTable.Pair(key: .integer(Int64(index - script)), value: .text(argv[index])))
    }
    try host.lua.setGlobal("arg", .table(arg))
    var args = LuaTable(array: argv.dropFirst(script + 1).map { .text($0) })
    for (name, value) in invocation.options.variables { args[name] = .text(value) }
    try host.lua.setGlobal("args", .table(args))
  }

  private func runChunks() -> ScriptOutcome {
    if invocation.showVersion { write(LuaVersion.banner + "\n") }
    if !invocation.ignoreEnvironment, let failure = runInit() { return failure }
    for step in invocation.steps {
      if let failure = run(step) { return failure }
    }
    var result = ScriptOutcome.finished(.nil, ignoredFailures: [])
    let arguments: [LuaValue]
    switch scriptArguments() {
    case .success(let values): arguments = values
    case .failure(let failure): return failure.outcome
    }
    switch invocation.main {
    case .none: break
    case .file(let path): result = chunk(arguments) { () throws(LuaError) in try host.lua.load(file: path) }
    case .standardInput: result = chunk(arguments) { () throws(LuaError) in try host.lua.load(file: nil) }
    }
    if invocation.interactive, host.exitRequest == nil {
      if case .failed(let message) = result { host.presentation.say("\(invocation.programName): \(message)") }
      return runPrompt()
    }
    return result
  }

  private struct ArgumentFailure: Error { let outcome: ScriptOutcome }

  /// What the script gets as `...`: the global `arg` as earlier chunks left it.
  private func scriptArguments() -> Result<[LuaValue], ArgumentFailure> {
    if case .none = invocation.main { return .success([]) }
    let code = """
      if type(arg) ~= 'table' then error("'arg' is not a table", 0) end
      return {n = #arg, table.unpack(arg)}
      """
    let outcome = chunk([]) { () throws(LuaError) in try host.lua.load(Array(code.utf8), name: "=agentscript/arg") }
    guard case .finished(.table(let table), _) = outcome else { return .failure(ArgumentFailure(outcome: outcome)) }
    return .success(table.array)
  }

  /// LUA_INIT_5_4 or LUA_INIT: code, or `@` and a file.
  private func runInit() -> ScriptOutcome? {
    for name in ["LUA_INIT_5_4", "LUA_INIT"] {
      guard let value = getenv(name) else { continue }
      let text = String(cString: value)
      return failure(
        of: chunk([]) { () throws(LuaError) in
          text.hasPrefix("@")
            ? try host.lua.load(file: String(text.dropFirst()))
            : try host.lua.load(Array(text.utf8), name: "=\(name)")
        })
    }
    return nil
  }

  private func run(_ step: ScriptInvocation.Step) -> ScriptOutcome? {
    switch step {
    case .code(let code):
      failure(of: chunk([]) { () throws(LuaError) in try host.lua.load(Array(code.utf8), name: "=(command line)") })
    case .library(let name, let global):
      failure(
        of: chunk([.text(name), .text(global ?? name)]) { () throws(LuaError) in
          try host.lua.load(
            Array("local name, global = ...; _G[global] = require(name)".utf8), name: "=agentscript/library")
        })
    }
  }

  private func failure(of outcome: ScriptOutcome) -> ScriptOutcome? {
    if case .finished = outcome { return host.exitRequest == nil && host.termination == nil ? nil : outcome }
    return outcome
  }

  /// Runs one chunk as a task of the script, to its end.
  private func chunk(_ arguments: [LuaValue], _ load: () throws(LuaError) -> LuaReference) -> ScriptOutcome {
    let task: ScriptTask
    do throws(LuaError) {
      task = try host.makeTask(try load(), arguments, name: "main", place: "", owner: host.root)
    } catch { return .failed(error.description) }
    task.isObserved = true
    host.run { task.hasEnded }
    switch task.ending {
    case .raised(let error): return .failed(error.description)
    case .cancelled(let cause): return .failed("cancelled: \(cause.reason)")
    case .returned(let values): return .finished(values.first ?? .nil, ignoredFailures: [])
    case nil: return .finished(.nil, ignoredFailures: [])
    }
  }

  private func runPrompt() -> ScriptOutcome {
    guard let prompt else { return .failed("there is no prompt here") }
    do throws(LuaError) { try prompt.define(on: host) } catch { return .failed(error.description) }
    let code = "require('agentscript.repl').run(require('\(ScriptPrompt.moduleName)'))"
    return chunk([]) { () throws(LuaError) in try host.lua.load(Array(code.utf8), name: "=agentscript/prompt") }
  }

  private func write(_ text: String) {
    // Through C's stdout, so that it comes before what Lua prints.
    StandardOutput.write(text)
  }
}

/// How a script ended.
enum ScriptOutcome {
  /// It ran to its end and returned this; these background jobs failed and nobody asked.
  case finished(LuaValue, ignoredFailures: [JobRecord])
  /// It raised, or could not be loaded: message and traceback.
  case failed(String)
  /// It called `os.exit`.
  case exited(code: Int32)
  /// It was told to end from outside.
  case terminated(reason: String, exitCode: Int32)
}

extension ScriptOutcome {
  /// What the run's record says of it.
  func runStatus(_ exitCode: Int32) -> RunStatus {
    switch self {
    case .terminated(_, 124): .timedOut
    case .terminated: .cancelled
    default: exitCode == 0 ? .completed : exitCode == 130 ? .cancelled : .failed
    }
  }
}
