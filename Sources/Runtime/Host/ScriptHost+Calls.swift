internal import LuaBindings

// The one door: every call of the script into the host, and every answer to it.
extension ScriptHost {
  /// A host function was called, by number.
  func call(_ function: Int32, _ arguments: [LuaValue], _ isBlocked: Bool) -> LuaAnswer {
    let function = functions[Int(function)]
    guard let task = current else {
      // Outside every task only finalisers run, while the state closes. As in lua, they may still end the process.
      if function.name == "exit" {
        let code = exitCode(arguments.first ?? .nil) ?? 1
        guard arguments.count > 1, arguments[1].isTruthy else { endProcess(code) }
        lateExitCode = code
        return .nothing
      }
      return .raise(.text("\(function.name)() cannot be called while the script is being closed"))
    }
    if task.refusesWaits, !function.isAlwaysAllowed { return .cancel }
    return perform(
      HostCall(name: function.name, arguments: arguments, task: task, isBlocked: isBlocked), function)
  }

  private func perform(_ call: HostCall, _ function: HostFunction) -> LuaAnswer {
    do throws(HostFailure) {
      switch try function.body(self, call) {
      case .values(let values): return .values(values)
      case .wait(let wait, let deadline, let late):
        try call.mustWait()
        begin(wait, until: deadline, late, of: call.task)
        return .suspend
      }
    } catch {
      return answer(error)
    }
  }

  func answer(_ failure: HostFailure) -> LuaAnswer {
    switch failure {
    case .misuse(let message): .raise(.text(message))
    case .value(let value): .raiseBare(value)
    case .cannotWait: .suspend
    }
  }

  // MARK: Definitions

  /// Gives Lua a function, and returns its number.
  @discardableResult
  func define(
    _ name: String, in module: String? = nil, isAlwaysAllowed: Bool = false,
    _ body: @escaping (ScriptHost, HostCall) throws(HostFailure) -> HostOutcome
  ) throws(LuaError) -> Int32 {
    let number = register(name, in: module, isAlwaysAllowed: isAlwaysAllowed, body)
    try lua.define(name, in: module, function: number)
    return number
  }

  /// A function that is no field of anything: a method, a searcher.
  func register(
    _ name: String, in module: String? = nil, isAlwaysAllowed: Bool = false,
    _ body: @escaping (ScriptHost, HostCall) throws(HostFailure) -> HostOutcome
  ) -> Int32 {
    functions.append(HostFunction(name: name, module: module, isAlwaysAllowed: isAlwaysAllowed, body: body))
    return Int32(functions.count - 1)
  }
}
