/// What went wrong in Lua.
public struct LuaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it was.
  public enum Kind: Sendable, Hashable {
    /// A chunk that does not compile, or a file that cannot be read.
    case load
    /// Raised while it ran.
    case runtime
  }

  /// What kind of failure it was.
  public var kind: Kind
  /// The error as text, with the script's file and line first where Lua knows them.
  public var message: String
  /// The stack where the error was raised, through all coroutines it came through; empty for load errors.
  public var traceback: String
  /// The value that was raised, for whoever raises it again.
  public var value: LuaValue

  /// An error.
  public init(kind: Kind = .runtime, message: String, traceback: String = "", value: LuaValue? = nil) {
    self.kind = kind
    self.message = message
    self.traceback = traceback
    self.value = value ?? .text(message)
  }

  /// Message and traceback, as `lua` prints them.
  public var description: String { traceback.isEmpty ? message : message + "\n" + traceback }
}
