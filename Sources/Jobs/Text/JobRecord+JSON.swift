import WireText

extension JobRecord {
  /// The whole record as JSON, with the keys of the documentation; fields without a value are left out.
  public func json(pretty: Bool = true) -> String {
    var writer = JSONWriter(isPretty: pretty)
    writer.object { writer in writeFields(to: &writer) }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// What the job came to, as JSON: the fields of a result, without the output's text.
  public func resultJSON(pretty: Bool = true) -> String {
    var writer = JSONWriter(isPretty: pretty)
    writer.object { writer in writeResult(to: &writer) }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  func writeFields(to writer: inout JSONWriter) {
    writer.field("id", id.rawValue)
    writer.field("run", run.rawValue)
    writer.field("kind", kind.rawValue)
    writer.field("name", name)
    writer.field("description", description)
    writer.field("agent", agent)
    writer.field("command", command)
    writer.field("cwd", cwd)
    writer.field("status", status.rawValue)
    writer.field("reason", reason?.rawValue)
    writer.field("error", error)
    writer.field("exit_code", exitCode)
    writer.field("signal", signal)
    writer.field("pid", pid)
    writer.field("pid_started", pidStarted)
    writer.field("attempts", attempts)
    writer.field("max_attempts", maxAttempts)
    writer.field("created_at", createdAt)
    writer.field("queued_at", queuedAt)
    writer.field("started_at", startedAt)
    writer.field("completed_at", completedAt)
    writer.field("duration_ms", durationMs)
    writer.field("output_file", outputFile)
    writer.field("output_start", outputStart)
    writer.field("output_end", outputEnd)
    writer.field("output_bytes", outputBytes)
    writer.field("data", data)
    writer.field("progress", progress)
    writer.field("progress_text", progressText)
    if let wait {
      writer.key("wait")
      wait.write(to: &writer)
    }
    writer.field("parent", parent?.rawValue)
    writer.field("group", group)
    writer.field("dependencies", dependencies.map(\.rawValue))
    writer.field("origin", origin)
    writer.field("env_names", envNames)
    writer.key("labels")
    writer.object { writer in
      for (key, value) in labels.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
    }
    writer.field("phase", phase)
    writer.field("topic", topic)
    writer.field("priority", priority)
    writer.field("timeout_ms", timeoutMs)
    writer.key("speculative")
    writer.bool(speculative)
    writer.field("leaked", leaked)
    writer.field("cancelled_by", cancelledBy)
    writer.field("cancel_reason", cancelReason)
    writer.field("model", model)
    writeUsage(to: &writer)
    writeWorktree(to: &writer)
    writeAttempts(to: &writer)
  }

  private func writeResult(to writer: inout JSONWriter) {
    writer.key("success")
    writer.bool(isSuccess)
    writer.field("id", id.rawValue)
    writer.field("name", name)
    writer.field("agent", agent)
    writer.field("status", status.rawValue)
    writer.field("reason", reason?.rawValue)
    writer.field("exit_code", exitCode)
    writer.field("signal", signal)
    writer.field("error", error)
    writer.field("data", data)
    writer.field("duration_ms", durationMs)
    writer.field("started_at", startedAt)
    writer.field("completed_at", completedAt)
    writer.field("output_file", outputFile)
    writer.field("output_bytes", outputBytes)
    writer.field("attempts", attempts)
    writer.field("model", model)
    writeUsage(to: &writer)
    writeWorktree(to: &writer)
    writeAttempts(to: &writer)
  }

  private func writeWorktree(to writer: inout JSONWriter) {
    guard let worktree else { return }
    writer.key("worktree")
    worktree.write(to: &writer)
  }

  private func writeAttempts(to writer: inout JSONWriter) {
    writer.field("hedged", hedged?.rawValue)
    writer.key("history")
    history.write(to: &writer)
  }

  private func writeUsage(to writer: inout JSONWriter) {
    guard let usage else { return }
    writer.key("usage")
    usage.write(to: &writer)
  }
}
