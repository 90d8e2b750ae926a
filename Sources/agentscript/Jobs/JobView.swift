import Jobs
import Models

/// How jobs look to people. Pure: records in, harmless text out.
struct JobView {
  let palette: Palette
  let now: Timestamp

  /// The table of `agentscript jobs`.
  func table(_ jobs: [JobRecord], columns: Int?) -> [String] {
    var table = TextTable(headings: ["ID", "STATUS", "TIME", "WHEN", "WHAT"])
    for job in jobs {
      let status = job.status
      let palette = palette
      table.add([
        .init(text: job.id.rawValue), .init(text: status.rawValue) { palette.paint($0, as: status) },
        .init(text: time(job)), .init(text: age(job)) { palette.dim($0) }, .init(text: Self.what(job)),
      ])
    }
    return table.lines(columns: columns, palette: palette)
  }

  /// The page of `agentscript show`, without the output.
  func page(_ job: JobRecord) -> [String] {
    var lines = ["\(palette.mark(job.status)) \(palette.bold(job.id.rawValue))  \(standing(job))"]
    func item(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      lines.append("  \(palette.dim(TextWidth.padded(name, to: 14)))\(TerminalText.line(value))")
    }
    item("error", job.error)
    item("name", job.name)
    item("description", job.description)
    item("agent", job.agent)
    item("model", job.model)
    item("model took", job.usage.map(Self.usage))
    item("waiting for", job.wait.map { wait in wait.text + (wait.until.map { ", until \($0)" } ?? "") })
    item("command", job.command)
    item("folder", job.cwd)
    item("run", job.run.rawValue)
    item("asked at", job.origin)
    item("parent", job.parent?.rawValue)
    item("group", job.group)
    item("phase", job.phase)
    item("topic", job.topic)
    item("labels", job.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", "))
    item("speculative", job.speculative ? "started before it was known to be wanted" : nil)
    item("priority", job.priority.map { "\($0)" })
    item("waits for", job.dependencies.map(\.rawValue).joined(separator: ", "))
    item("created", moment(job.createdAt))
    item("started", moment(job.startedAt))
    item("ended", moment(job.completedAt))
    item("took", job.status.isTerminal ? time(job) : nil)
    item("progress", progress(job))
    let mostAttempts = max(job.attempts, job.maxAttempts)
    item("attempts", mostAttempts > 1 ? "\(job.attempts) of \(mostAttempts)" : nil)
    for attempt in job.history.attempts {
      item(
        "  attempt \(attempt.attempt)", "\(attempt.error ?? attempt.reason.rawValue), after \(attempt.durationMs) ms")
    }
    item("models took", job.usage.map(CostView.line))
    item("second copy", job.hedged?.rawValue)
    item("pid", job.status.isTerminal ? nil : job.pid.map(String.init))
    item("exit code", job.exitCode.map(String.init))
    item("signal", job.signal.map(String.init))
    item("leaked", job.leaked > 0 ? "\(job.leaked) processes outlived it and were ended" : nil)
    item("cancelled by", job.cancelledBy)
    let size = job.outputBytes.map { " (\(DurationText.size(bytes: $0)))" } ?? ""
    item("output", job.outputFile.map { $0 + size })
    item("data", job.data?.text)
    if let worktree = job.worktree {
      item("worktree", worktree.hasFolder ? worktree.path : nil)
      item("branch", worktree.hasBranch ? worktree.branch : nil)
      item("changed", "\(worktree.fileCount) files\(worktree.merged ? ", merged" : "")")
      item("note", worktree.note)
    }
    return lines
  }

  /// One line on a job that has ended.
  func ending(_ job: JobRecord) -> String {
    var line = "\(palette.mark(job.status)) \(job.id.rawValue)  \(palette.paint(job.status.rawValue, as: job.status))"
    if !time(job).isEmpty { line += palette.dim("  \(time(job))") }
    return job.isSuccess ? line : line + "  \(ProgressModel.because(job))"
  }

  private func standing(_ job: JobRecord) -> String {
    let status = palette.paint(job.status.rawValue, as: job.status)
    guard let reason = job.reason, reason != .ok, reason.rawValue != job.status.rawValue else { return status }
    return "\(status) (\(reason.rawValue))"
  }

  /// How long it took, or has been running.
  private func time(_ job: JobRecord) -> String {
    if let duration = job.durationMs { return DurationText.short(milliseconds: duration) }
    guard !job.status.isTerminal, let started = job.startedAt else { return "" }
    return DurationText.whole(milliseconds: Int(clamping: now.milliseconds - started.milliseconds))
  }

  private func age(_ job: JobRecord) -> String {
    ago(job.completedAt ?? job.startedAt ?? job.createdAt)
  }

  private func ago(_ time: Timestamp) -> String {
    DurationText.ago(milliseconds: Int(clamping: now.milliseconds - time.milliseconds))
  }

  private func moment(_ time: Timestamp?) -> String? {
    time.map { "\($0) (\(ago($0)))" }
  }

  private func progress(_ job: JobRecord) -> String? {
    let percent = job.progress.map { "\(Int(($0 * 100).rounded(.down)))%" }
    let parts = [percent, job.progressText].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  private static func usage(_ usage: JobUsage) -> String {
    let tokens = "\(usage.inputTokens) tokens in, \(usage.outputTokens) out"
    return usage.cost.flatMap { Money(dollars: $0) }.map { "\(tokens), \($0)" } ?? tokens
  }

  private static func what(_ job: JobRecord) -> String {
    let texts = [job.name, job.description, job.command].compactMap(\.self)
    let title = TerminalText.line(texts.first { !$0.isEmpty } ?? "")
    if job.status == .waiting, let wait = job.wait { return "\(title): \(TerminalText.line(wait.text))" }
    if job.status.isTerminal, !job.isSuccess {
      return title.isEmpty ? ProgressModel.because(job) : "\(title): \(ProgressModel.because(job))"
    }
    guard !job.status.isTerminal, let text = job.progressText else { return title }
    return "\(title): \(job.progress.map { "\(Int($0 * 100))% " } ?? "")\(TerminalText.line(text))"
  }
}
