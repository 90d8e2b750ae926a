/// Why a state folder cannot be used.
public struct StateDirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Code: Hashable, Sendable {
    /// It is not there.
    case missing
    /// Something else has its name.
    case notAFolder
    /// Another user owns it.
    case foreignOwner(owner: UInt32, user: UInt32)
    /// Its group or everybody may write into it.
    case writableByOthers
    /// It, or something in it, could not be made.
    case cannotCreate
  }

  /// What is wrong.
  public let code: Code
  /// The file or folder that is at fault.
  public let path: String
  /// The system's error number, or zero.
  public let number: Int32

  init(_ code: Code, _ path: String, _ number: Int32 = 0) {
    self.code = code
    self.path = path
    self.number = number
  }

  /// One sentence, with the remedy.
  public var description: String {
    let elsewhere = "set \(StateDirectory.variable) to a folder of your own"
    let system = number == 0 ? "" : " (\(SystemCallError(call: "", path: path, number: number).message))"
    return switch code {
    case .missing: "there is no state folder \(path)\(system)"
    case .notAFolder: "\(path) is not a folder, so no state can be kept in it: remove it, or \(elsewhere)"
    case .foreignOwner(let owner, let user):
      "\(path) belongs to user \(owner) and you are user \(user), so its contents are not trusted: "
        + "run 'chown -R \(user) \(path)' if it is yours, or \(elsewhere)"
    case .writableByOthers:
      "\(path) may be written to by other users, so its contents are not trusted: run 'chmod go-w \(path)', or \(elsewhere)"
    case .cannotCreate: "cannot create \(path)\(system): make its folder writable, or \(elsewhere)"
    }
  }
}
