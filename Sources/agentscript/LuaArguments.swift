import Runtime

/// The command line as `lua` 5.4 reads it.
///
/// Follows `collectargs` and `runargs` of lua.c (5.4.4) option for option: options end at the first argument that is
/// none, at `--`, or at `-`; the text of `-e` and `-l` may be joined to the option or follow it, but must not begin with
/// a dash then. Pure: nothing is opened, and the caller says whether standard input is a terminal.
enum LuaArguments {
  /// Reads `argv`, the program's name first.
  static func parse(_ argv: [String], standardInputIsTerminal: () -> Bool) throws(UsageError) -> ScriptInvocation {
    var invocation = ScriptInvocation(argv: argv)
    var hasCode = false
    var index = 1
    scan: while index < argv.count {
      let argument = argv[index]
      switch Option(argument) {
      case .none: break scan
      case .standardInput: break scan
      case .endOfOptions:
        index += 1
        break scan
      case .flag(let flag): flag.apply(to: &invocation)
      case .code(let joined):
        hasCode = true
        invocation.steps.append(.code(try text(of: "-e", joined, argv, &index)))
      case .library(let joined):
        invocation.steps.append(library(try text(of: "-l", joined, argv, &index)))
      case .unknown: throw .unknownOption(argument)
      }
      index += 1
    }
    try addMain(at: index, to: &invocation, hasCode: hasCode, standardInputIsTerminal)
    return invocation
  }

  private static func addMain(
    at index: Int, to invocation: inout ScriptInvocation, hasCode: Bool, _ standardInputIsTerminal: () -> Bool
  ) throws(UsageError) {
    let argv = invocation.argv
    if index < argv.count {
      let isStandardInput = argv[index] == "-" && argv[index - 1] != "--"
      guard isStandardInput || !argv[index].isEmpty else { throw .emptyFileName }
      invocation.main = isStandardInput ? .standardInput : .file(argv[index])
      invocation.scriptIndex = index
    } else if !hasCode && !invocation.showVersion {
      if standardInputIsTerminal() {
        invocation.interactive = true
        invocation.showVersion = true
      } else {
        invocation.main = .standardInput
      }
    }
  }

  private static func text(
    of option: String, _ joined: String, _ argv: [String], _ index: inout Int
  ) throws(UsageError) -> String {
    guard joined.isEmpty else { return joined }
    guard index + 1 < argv.count, !argv[index + 1].utf8.starts(with: "-".utf8) else { throw .needsArgument(option) }
    index += 1
    return argv[index]
  }

  private static func library(_ text: String) -> ScriptInvocation.Step {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return .library(name: text, global: nil) }
    return .library(name: String(text[text.index(after: equals)...]), global: String(text[..<equals]))
  }

  private enum Flag {
    case environment, warnings, interactive, version

    func apply(to invocation: inout ScriptInvocation) {
      switch self {
      case .environment: invocation.ignoreEnvironment = true
      case .warnings: invocation.warnings = true
      case .interactive:
        invocation.interactive = true
        invocation.showVersion = true
      case .version: invocation.showVersion = true
      }
    }
  }

  private enum Option {
    case none
    case standardInput
    case endOfOptions
    case flag(Flag)
    case code(String)
    case library(String)
    case unknown

    init(_ argument: String) {
      var bytes = argument.utf8.makeIterator()
      guard bytes.next() == UInt8(ascii: "-") else {
        self = .none
        return
      }
      guard let letter = bytes.next() else {
        self = .standardInput
        return
      }
      let hasMore = bytes.next() != nil
      switch letter {
      // By bytes: a Character would swallow an accent that follows the letter.
      case UInt8(ascii: "e"): self = .code(String(Substring(argument.utf8.dropFirst(2))))
      case UInt8(ascii: "l"): self = .library(String(Substring(argument.utf8.dropFirst(2))))
      case _ where hasMore: self = .unknown
      case UInt8(ascii: "-"): self = .endOfOptions
      case UInt8(ascii: "E"): self = .flag(.environment)
      case UInt8(ascii: "W"): self = .flag(.warnings)
      case UInt8(ascii: "i"): self = .flag(.interactive)
      case UInt8(ascii: "v"): self = .flag(.version)
      default: self = .unknown
      }
    }
  }
}
