/// The Lua modules that travel inside the program.
public enum EmbeddedModules {
  /// The source of an embedded module, or nil if there is none of that name.
  public static func source(_ name: String) -> [UInt8]? {
    switch name {
    case "json": PackageResources.json_lua
    case "agentscript.repl": PackageResources.repl_lua
    case "agentscript.repl_completion": PackageResources.repl_completion_lua
    case "agentscript.repl_printer": PackageResources.repl_printer_lua
    default: nil
    }
  }
}
