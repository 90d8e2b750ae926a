internal import CLua

/// Which Lua this program embeds.
public enum LuaVersion {
  /// The line that `lua -v` prints.
  public static var banner: String { String(cString: clua_copyright) }
}
