/// The Lua modules that travel inside the program.
public enum EmbeddedModules {
  /// The source of an embedded module, or nil if there is none of that name.
  public static func source(_ name: String) -> [UInt8]? {
    switch name {
    case "env": PackageResources.env_lua
    case "fs": PackageResources.fs_lua
    case "http": PackageResources.http_lua
    case "json": PackageResources.json_lua
    case "log": PackageResources.log_lua
    case "path": PackageResources.path_lua
    case "patterns": PackageResources.patterns_lua
    case "shell": PackageResources.shell_lua
    case "time": PackageResources.time_lua
    case "agentscript.api": PackageResources.api_lua
    case "agentscript.arguments": PackageResources.arguments_lua
    case "agentscript.batch": PackageResources.batch_lua
    case "agentscript.checkpoint": PackageResources.checkpoint_lua
    case "agentscript.escalation": PackageResources.escalation_lua
    case "agentscript.permission": PackageResources.permission_lua
    case "agentscript.glob": PackageResources.glob_lua
    case "agentscript.group_results": PackageResources.group_results_lua
    case "agentscript.persist": PackageResources.persist_lua
    case "agentscript.launch": PackageResources.launch_lua
    case "agentscript.ralph": PackageResources.ralph_lua
    case "agentscript.repl": PackageResources.repl_lua
    case "agentscript.repl_completion": PackageResources.repl_completion_lua
    case "agentscript.repl_printer": PackageResources.repl_printer_lua
    default: nil
    }
  }
}
