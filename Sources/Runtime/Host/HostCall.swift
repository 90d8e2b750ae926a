internal import LuaBindings

/// One call of the script whose result it can see. Every host function passes `ScriptHost.perform(_:)` as one of these:
/// the one place where a journal, a trace, a dry run or injected faults can stand.
struct HostCall {
  /// The function's name in the script: "task", "sleep".
  let name: String
  let arguments: [LuaValue]
  /// The task that calls; its owners' numbers are the scope.
  let task: ScriptTask
  /// Lua cannot suspend here.
  let isBlocked: Bool

  /// An argument by position from 0, nil where there is none.
  subscript(_ index: Int) -> LuaValue { index < arguments.count ? arguments[index] : .nil }

  /// To be called before the first effect of a function that will wait: where Lua cannot suspend, the script is told so
  /// and nothing has happened.
  func mustWait() throws(HostFailure) {
    if isBlocked { throw .cannotWait }
  }
}

/// What a host function leads to.
enum HostOutcome {
  case values([LuaValue])
  /// The task waits, until the deadline at most: then it gets `lateAnswer`.
  case wait(TaskWait, until: MonotonicTime?, lateAnswer: [LuaValue] = [.nil, "timeout"])

  static var nothing: HostOutcome { .values([]) }
  static func value(_ value: LuaValue) -> HostOutcome { .values([value]) }
}

/// Why a host function did not do what it was asked.
enum HostFailure: Error {
  /// The script used it wrongly, or the system refused: one sentence, raised at the script's line.
  case misuse(String)
  /// A value to raise as it is.
  case value(LuaValue)
  case cannotWait
}

/// A function of the host as Lua sees it.
struct HostFunction {
  let name: String
  /// The module that it is a field of; nil for a global.
  let module: String?
  /// May run in a task that is being cancelled.
  var isAlwaysAllowed = false
  let body: (ScriptHost, HostCall) throws(HostFailure) -> HostOutcome
}
