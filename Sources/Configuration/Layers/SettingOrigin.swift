/// Where a setting's value comes from, the weakest first.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
  /// What holds where nobody says anything.
  case builtIn
  /// The user's own file.
  case user(String)
  /// A trusted project's file.
  case project(String)
  /// A variable of the environment.
  case environment(String)
  /// An option of the command line.
  case option(String)

  /// For people: the file's path, the variable's or the option's name.
  public var description: String {
    switch self {
    case .builtIn: "built in"
    case .user(let path), .project(let path): path
    case .environment(let name): "environment: \(name)"
    case .option(let name): "option: \(name)"
    }
  }

  var isProject: Bool { if case .project = self { true } else { false } }
}
