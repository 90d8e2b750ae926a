/// The Lua modules that travel inside the program.
public enum EmbeddedModules {
  /// The source of an embedded module, or nil if there is none of that name.
  public static func source(_ name: String) -> [UInt8]? {
    switch name {
    case "json": PackageResources.json_lua
    default: nil
    }
  }
}
