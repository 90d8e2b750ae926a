/// What the command line asked the interpreter to do, in the order in which `lua` 5.4 does it: print the version, run
/// `LUA_INIT`, take the steps, run the main script, read from the prompt.
public struct ScriptInvocation: Sendable, Hashable {
  /// One `-e` or `-l` option.
  public enum Step: Sendable, Hashable {
    /// `-e CODE`: the chunk is named `(command line)`.
    case code(String)
    /// `-l NAME` or `-l GLOBAL=NAME`: requires the module and assigns it to the global (to the module's own name if nil).
    case library(name: String, global: String?)
  }

  /// The main chunk.
  public enum Main: Sendable, Hashable {
    /// A file, by the path that was given. A file really named `-` comes here too.
    case file(String)
    case standardInput
    case none
  }

  /// The `-e` and `-l` options, in their order.
  public var steps: [Step] = []
  /// The main chunk, run after the steps.
  public var main: Main = .none
  /// Read from the prompt at the end (`-i`, or no argument at all on a terminal).
  public var interactive = false
  /// Print the version line before anything else.
  public var showVersion = false
  /// `-E`: `LUA_INIT`, `LUA_PATH` and `LUA_CPATH` are ignored.
  public var ignoreEnvironment = false
  /// `-W`: warnings are on from the start.
  public var warnings = false
  /// The whole command line, the program's name first.
  public var argv: [String]
  /// The index in `argv` that becomes `arg[0]`; what stands before it gets negative indices.
  public var scriptIndex = 0
  /// The limits and the presentation of the run.
  public var options = RunOptions()

  /// An invocation that does nothing yet.
  public init(argv: [String]) {
    self.argv = argv
  }

  /// How the program was called, which begins the messages about a script's own errors, as in `lua`.
  var programName: String { argv.first ?? "agentscript" }
}

extension ScriptInvocation {
  /// What the runner of a detached job runs: the task whose spec comes on standard input, in that state folder.
  public static func runner(stateFolder: String) -> ScriptInvocation {
    var invocation = ScriptInvocation(argv: ["agentscript"])
    invocation.ignoreEnvironment = true
    invocation.steps = [.code("require('agentscript.launch').runner()")]
    invocation.options.home = stateFolder
    invocation.options.isQuiet = true
    return invocation
  }

  /// One task in the foreground, by its spec as JSON.
  public static func task(_ spec: String, options: RunOptions) -> ScriptInvocation {
    var invocation = ScriptInvocation(argv: ["agentscript"])
    invocation.ignoreEnvironment = true
    // As a Lua literal: every byte of it by its number.
    let literal = spec.utf8.map { "\\\($0 < 10 ? "00" : $0 < 100 ? "0" : "")\($0)" }.joined()
    invocation.steps = [.code("require('agentscript.launch').foreground(\"\(literal)\", \(options.wantsJSON))")]
    invocation.options = options
    invocation.options.wantsJSON = false
    return invocation
  }
}
