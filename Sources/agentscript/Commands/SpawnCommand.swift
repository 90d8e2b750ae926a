internal import ArgumentParser
import Jobs
import Runtime

/// `agentscript spawn`: one job without a script.
struct SpawnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spawn",
    abstract: "Runs one command as a job: with a record, an output file and limits; with --detach in the background.",
    usage: "agentscript spawn [OPTIONS] -- COMMAND [ARGUMENTS...]",
    discussion: """
      In the foreground it writes what the job said, and ends with 0, with 124 after a time-out, else with 1. With \
      --detach it writes the job's id and ends; the job goes on without this terminal, and is found by jobs, logs, wait \
      and kill.

      Examples:
        agentscript spawn --timeout 10m -- make test
        agentscript spawn --detach --id nightly --memory 2G -- ./nightly.sh --all
      """,
    aliases: ["launch", "bg-spawn"])

  @Option(help: ArgumentHelp("The job's id; generated unless given.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("A name for people.", valueName: "text"))
  var name: String?

  @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
  var description: String?

  @Option(
    name: .customLong("label"), parsing: .singleValue,
    help: ArgumentHelp("A label to find it by; may be given again.", valueName: "name=value"),
    transform: ArgumentReader.variable)
  var labels: [ArgumentReader.Variable] = []

  @Option(help: ArgumentHelp("What it is about, to find it by.", valueName: "text"))
  var topic: String?

  @Option(help: ArgumentHelp("The agent that answers the prompt, or a label for a command.", valueName: "name"))
  var agent: String?

  @Option(help: ArgumentHelp("A prompt for a model agent instead of a command.", valueName: "text"))
  var prompt: String?

  @Option(help: ArgumentHelp("The folder that it runs in.", valueName: "path"), completion: .directory)
  var cwd: String?

  @Option(
    name: .customLong("env"), parsing: .singleValue,
    help: ArgumentHelp("A variable of its environment; may be given again.", valueName: "name=value"),
    transform: ArgumentReader.variable)
  var environment: [ArgumentReader.Variable] = []

  @Option(
    help: ArgumentHelp("The longest it may take.", valueName: "duration"), transform: ArgumentReader.duration)
  var timeout: Duration?

  @Option(
    help: ArgumentHelp("The longest it may show no sign of life.", valueName: "duration"),
    transform: ArgumentReader.duration)
  var idleTimeout: Duration?

  @Option(help: ArgumentHelp("How often it is tried again after a failure.", valueName: "number"))
  var retries: Int?

  @Option(
    help: ArgumentHelp("The most memory that its processes may take.", valueName: "size"),
    transform: ArgumentReader.size)
  var memory: Int?

  @Option(
    help: ArgumentHelp("The most output that it may write; 1G unless given.", valueName: "size"),
    transform: ArgumentReader.size)
  var output: Int?

  @Option(help: ArgumentHelp("What it may touch: read-only or workspace.", valueName: "preset"))
  var sandbox: String?

  @Flag(help: "Give it a terminal of its own.")
  var tty = false

  @Flag(help: "Let it run in the background, without this terminal and session.")
  var detach = false

  @Flag(help: "The result as JSON; with --detach the job's id.")
  var json = false

  @Flag(name: .shortAndLong, help: "Write no progress.")
  var quiet = false

  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    guard command.isEmpty != (prompt == nil) else {
      throw ValidationError(
        prompt == nil
          ? "spawn needs a command behind --, as in: agentscript spawn -- make test"
          : "a prompt and a command exclude each other")
    }
    if detach, prompt != nil { throw ValidationError("--detach needs a command") }
  }

  func run() throws {
    var order = prompt.map { TaskOrder(prompt: $0) } ?? TaskOrder(command: command)
    order.set("id", id)
    order.set("name", name)
    order.set("description", description)
    order.set("labels", Dictionary(labels.map { ($0.key, $0.value) }) { $1 })
    order.set("topic", topic)
    order.set("agent", agent)
    order.set("cwd", cwd)
    order.set("env", Dictionary(environment.map { ($0.key, $0.value) }) { $1 })
    order.set("timeout", timeout)
    order.set("idle_timeout", idleTimeout)
    order.set("retries", retries)
    order.set("limits", sizes: ["memory": memory, "output": output])
    order.set("sandbox", sandbox)
    order.set("tty", tty)
    if detach { return try Detaching.start(order, id: id, slug: name ?? command[0], json: json) }
    var options = RunOptions()
    options.isQuiet = quiet
    options.wantsJSON = json
    ScriptEntry.run(.task(order.json, options: options))
  }
}

/// Hands a task over to a background runner, and says under which id it is found.
enum Detaching {
  static func start(_ order: TaskOrder, id: String?, slug: String, json: Bool) throws {
    var order = order
    if id == nil {
      let name = slug.split(separator: "/").last.map(String.init) ?? slug
      order.set("id", DetachedRunner.makeID(slug: name).rawValue)
    }
    let started: JobID
    let directory = try JobDesk.locate()
    do throws(DetachedRunner.Failure) {
      started = try DetachedRunner.start(order.json, in: directory)
    } catch {
      throw CommandFailure(message: TerminalText.line(error.sentence), status: .failed)
    }
    try StandardStream.output.write(json ? "{\"id\":\"\(started)\"}\n" : "\(started)\n")
  }
}
