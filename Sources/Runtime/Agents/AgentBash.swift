internal import Agents
import Jobs
internal import Models
internal import WireText

// `bash`: command lines of an agent, run like commands of tasks, in a sandbox.
extension AgentAttempt {
  private static let usualTime = Duration.seconds(120)
  private static let longestTime = 600_000
  /// So much is read of the beginning and of the end of what a command says.
  private static let shownBytes = 24_000

  func bash(_ folder: String) -> AgentTool {
    let definition = ModelTool(
      name: "bash",
      description:
        "Runs a command line with /bin/sh in the working folder, and returns what it prints, errors included. Nothing of one "
        + "call is there in the next but files: no variables, no cd. There is no terminal and no input. It is stopped after "
        + "timeout milliseconds (120000 unless given, at most 600000), with all that it has started.",
      schema: [
        "type": "object",
        "properties": [
          "command": ["type": "string", "description": "The command line."],
          "timeout": ["type": "integer", "description": "Milliseconds, at most 600000."],
          "description": ["type": "string", "description": "What it is for, in a few words."],
        ],
        "required": ["command"],
      ])
    return AgentTool(definition, kind: .executes, subject: { $0["command"]?.string }) { [self] arguments, _ in
      await runCommand(arguments, folder)
    }
  }

  private func runCommand(_ arguments: JSONObject, _ folder: String) async -> ToolOutcome {
    guard let line = arguments["command"]?.string, !line.allSatisfy(\.isWhitespace), !line.utf8.contains(0) else {
      return .failure("bash needs a command")
    }
    let asked = arguments["timeout"]?.integer.map { Int(clamping: $0) }
    let time: Duration =
      asked.map { .milliseconds(min(max($0, 1), AgentAttempt.longestTime)) } ?? AgentAttempt.usualTime
    let output: OutputFile
    do throws(SystemCallError) {
      output = try OutputFile(temporaryIn: engine.registry.directory, description: "bash")
    } catch { return .failure("the command could not be started: \(error)") }
    defer { output.discard() }
    let report = await execute(line, in: folder, output, timeLimit: time)
    return outcome(report, output, time)
  }

  private func execute(
    _ line: String, in folder: String, _ output: OutputFile, timeLimit: Duration
  ) async -> CommandReport {
    let attempt = CommandAttempt(job: job, work: .shell(line), number: number, control: control)
    var part = AttemptControl.Part()
    part.toolCall = nextToolCall()
    let copy = CommandAttempt.Copy(number: .first, output: output, start: output.firstOffset)
    var order = engine.order(.shell(line), part, of: attempt, copy, timeLimit: timeLimit, input: nil)
    order.workingDirectory = folder
    order.outputStart = copy.start
    order.environment = engine.environmentOfAgent(of: job, number: number, part)
    // An agent's commands are nobody's words: without anything said they may change the folder, and reach nobody.
    order.sandbox =
      switch job.spec.sandbox ?? engine.sandbox {
      case .policy(let policy): policy
      case .none: job.spec.sandbox == nil ? .workspace : nil
      }
    return await engine.executeTool(order, control)
  }

  private func outcome(_ report: CommandReport, _ output: OutputFile, _ time: Duration) -> ToolOutcome {
    var text = said(output)
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    switch (report.stop, report.end) {
    case (.timeLimit, _):
      return .failure(text + "[stopped after \(JobSentences.text(time)), its timeout]")
    case (.some(let cause), _):
      return .failure(text + "[stopped: \(JobSentences.words(cause))]")
    case (nil, .exited(code: 0)): return ToolOutcome(text.isEmpty ? "[no output]" : text)
    case (nil, .exited(let code)): return .failure(text + "[exit code \(code)]")
    case (nil, .signalled(let signal)): return .failure(text + "[ended by signal \(signal)]")
    case (nil, .notStarted(let sentence)): return .failure("the command could not be started: \(sentence)")
    case (nil, .withdrawn), (nil, .stuck): return .failure(text + "[cancelled]")
    }
  }

  /// Head and tail of what a command said; what is between them is counted.
  private func said(_ output: OutputFile) -> String {
    guard let size = try? output.size() else { return "" }
    let start = output.firstOffset, length = size - start, piece = AgentAttempt.shownBytes
    func read(_ from: Int, _ count: Int) -> String {
      String(decoding: (try? output.read(from: from, count: count)) ?? [], as: UTF8.self)
    }
    if length <= 2 * piece { return read(start, length) }
    return read(start, piece) + "\n[… \(length - 2 * piece) bytes left out …]\n" + read(size - piece, piece)
  }
}

extension JobEngine {
  /// Executes what a tool of an agent wants; cancelling the Swift task stops it.
  func executeTool(_ order: CommandOrder, _ control: AttemptControl) async -> CommandReport {
    let handle = backend.submit(order)
    control.begins(order.part) { [backend] in backend.cancel(handle, $0, atOnce: $1) }
    defer { control.ended(order.part) }
    return await withTaskCancellationHandler {
      var status = ExecutionStatus.submitted
      while true {
        status = await backend.poll(handle, after: status)
        if case .ended(let report) = status { return report }
      }
    } onCancel: { [backend] in
      backend.cancel(handle, .request)
    }
  }

  /// What an agent's commands get: no secret that the task does not name.
  func environmentOfAgent(of job: LiveJob, number: Int, _ part: AttemptControl.Part) -> [[UInt8]] {
    var changes = agents.keptFromCommands
    for name in look({ $0.redaction.names }) { changes[name] = .some(nil) }
    return inheritedEnvironment().entries(
      changes: changes.merging(job.environmentChanges) { $1 }, job: job.state.record.id.rawValue,
      run: run.id.rawValue, attempt: number, part: part)
  }

  /// What a job said, as results have it.
  func outputText(of record: JobRecord) -> String {
    guard let excerpt = try? OutputReader.excerpt(of: record) else { return "" }
    return String(decoding: excerpt, as: UTF8.self)
  }
}
