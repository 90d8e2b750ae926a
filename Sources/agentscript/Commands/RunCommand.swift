internal import ArgumentParser
import Runtime

/// `agentscript run`: a script with limits.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a script with limits of its own.",
    usage: "agentscript run [OPTIONS] FILE [ARGUMENTS...]",
    discussion: """
      What follows FILE belongs to the script. FILE may be - for standard input.

      Example:
        agentscript run --timeout 30m --var target=staging deploy.lua --fast
        agentscript run --detach nightly.lua
        agentscript run --budget 2.50 --dry-run review.lua
      """)

  @Option(
    help: ArgumentHelp(
      "How many commands and agents run at once, 10 unless the configuration says more; others are queued. auto: as many as pay (at most 64).",
      valueName: "number|auto"),
    transform: ArgumentReader.concurrency)
  var maxConcurrency: Concurrency?

  @Option(
    name: .customLong("max-per-agent"), parsing: .singleValue,
    help: ArgumentHelp(
      "How many tasks of an agent run at once, as in Explore=2; may be given more than once.", valueName: "agent=number"
    ),
    transform: ArgumentReader.agentLimit)
  var maxPerAgent: [ArgumentReader.AgentLimit] = []

  @Option(
    help: ArgumentHelp("The longest that the script may take, as in 90s or 30m.", valueName: "duration"),
    transform: ArgumentReader.duration)
  var timeout: Duration?

  @Option(
    help: ArgumentHelp("The most memory that the script's Lua values may take, as in 512M.", valueName: "size"),
    transform: ArgumentReader.size)
  var memoryLimit: Int?

  @Option(
    help: ArgumentHelp("The most Lua instructions between two waits; slows Lua down.", valueName: "number"),
    transform: ArgumentReader.count)
  var instructionLimit: Int?

  @Option(help: ArgumentHelp("The machine's load above which no other job is started.", valueName: "number"))
  var maxLoad: Double?

  @Option(
    help: ArgumentHelp("The memory that must be available for another job.", valueName: "size"),
    transform: ArgumentReader.size)
  var minFreeMemory: Int?

  @Option(
    help: ArgumentHelp(
      "The space that must be free on the disk for a job; 1G unless given, less on a small disk.", valueName: "size"),
    transform: ArgumentReader.size)
  var minFreeDisk: Int?

  @Option(
    help: ArgumentHelp(
      "What the commands of tasks may touch that say nothing of it: read-only or workspace.", valueName: "preset"),
    transform: ArgumentReader.sandbox)
  var sandbox: String?

  @Option(
    name: .customLong("var"), parsing: .singleValue,
    help: ArgumentHelp(
      "A value that the script finds in its args by name; may be given again.", valueName: "key=value"),
    transform: ArgumentReader.variable)
  var variables: [ArgumentReader.Variable] = []

  @Flag(help: "Write the script's result to standard output as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Write no progress.")
  var quiet = false

  @Flag(help: "End with 3 once the run only waits for people; its questions stay open.")
  var park = false

  @Flag(help: "Let it run in the background as a job of its own, without this terminal; the job's id is written.")
  var detach = false

  @Option(
    help: ArgumentHelp(
      "What the run's models may take: US dollars, as in 2.50, or tokens, as in 200000tokens; may be given twice.",
      valueName: "amount"),
    transform: ArgumentReader.budget)
  var budget: [ArgumentReader.Budget] = []

  @Flag(help: "Execute nothing and send nothing: commands are told, a mock answers for models, no job is kept.")
  var dryRun = false

  @Option(help: .hidden) var resume: String?

  @Argument(
    help: ArgumentHelp("The script and its arguments.", valueName: "file"), completion: .file(extensions: ["lua"]))
  var words: [String] = []

  func validate() throws {
    let later = [("--resume", resume != nil)]
    if let option = later.first(where: \.1)?.0 { throw ValidationError("the option '\(option)' is not there yet") }
    guard !words.isEmpty else { throw ValidationError("run needs the FILE of a script") }
    if detach, words[0] == "-" {
      throw ValidationError("--detach needs a FILE: standard input ends with this terminal")
    }
  }

  func run() throws {
    let argv = CommandLine.arguments
    if detach { return try runDetached(argv) }
    var invocation = ScriptInvocation(argv: argv)
    invocation.scriptIndex = argv.count - words.count
    invocation.main = words[0] == "-" ? .standardInput : .file(words[0])
    invocation.options = options
    let scratch = dryRun ? try ScratchFolder() : nil
    if let scratch { invocation.options.home = scratch.path }
    ScriptEntry.run(invocation) { scratch?.remove() }
  }

  /// The same command line, without `--detach`, becomes the command of a detached job.
  private func runDetached(_ argv: [String]) throws {
    if let problem = ScriptFile.problem(words[0]) { throw CommandFailure(message: problem, status: .usage) }
    let options = argv.dropFirst().prefix(argv.count - 1 - words.count).filter { $0 != "--detach" }
    var order = TaskOrder(command: [DetachedRunner.programPath] + options + words)
    order.set("name", words[0])
    let file = words[0].split(separator: "/").last.map(String.init) ?? words[0]
    try Detaching.start(order, id: nil, slug: file, json: json)
  }

  /// Puts `--` before the script of a `run` command line, so that the script's own options are not taken for ours.
  static func separatingScript(in words: [String]) -> [String] {
    guard words.first == "run" else { return words }
    var index = 1
    while index < words.count, words[index].hasPrefix("-"), words[index] != "-" {
      if words[index] == "--" { return words }
      index += takesValue.contains(words[index]) ? 2 : 1
    }
    guard index < words.count else { return words }
    return words[..<index] + ["--"] + words[index...]
  }

  private static let takesValue: Set = [
    "--max-concurrency", "--max-per-agent", "--timeout", "--memory-limit", "--instruction-limit", "--var", "--max-load",
    "--sandbox",
    "--min-free-memory", "--min-free-disk", "--resume", "--budget",
  ]

  private var options: RunOptions {
    var options = RunOptions()
    switch maxConcurrency {
    case .number(let number): options.maxConcurrent = number
    case .automatic: options.isConcurrencyAutomatic = true
    case nil: break
    }
    options.saysConcurrency = maxConcurrency != nil
    for limit in maxPerAgent { options.maxPerAgent[limit.agent] = limit.count }
    options.timeout = timeout
    options.memoryLimit = memoryLimit
    options.instructionLimit = instructionLimit
    options.pressure.maxLoad = maxLoad
    options.pressure.minFreeMemory = minFreeMemory
    options.pressure.minFreeDisk = minFreeDisk
    options.sandbox = sandbox
    options.parks = park
    options.isDryRun = dryRun
    for amount in budget {
      switch amount {
      case .dollars(let dollars): options.maxCost = dollars
      case .tokens(let tokens): options.maxTokens = tokens
      }
    }
    options.isQuiet = quiet
    options.wantsJSON = json
    for variable in variables { options.variables[variable.key] = variable.value }
    return options
  }
}
