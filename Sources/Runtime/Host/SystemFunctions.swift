internal import LuaBindings

// What pure Lua cannot do, for the stdlib's modules.
extension ScriptHost {
  func defineSystem() throws(LuaError) {}
}
