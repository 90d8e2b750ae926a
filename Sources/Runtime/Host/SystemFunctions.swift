internal import LuaBindings

// What pure Lua cannot do, for the stdlib's modules.
extension ScriptHost {
  func defineSystem() throws(LuaError) {
    for function in SystemFunction.all {
      // A closing variable of a cancelled task may have a folder to remove.
      try define(function.name, in: ScriptHost.moduleName, isAlwaysAllowed: true) { _, call throws(HostFailure) in
        switch function(call.arguments) {
        case .success(let values): return .values(values)
        case .failure(let misuse): throw .misuse(misuse.sentence)
        }
      }
    }
  }
}
