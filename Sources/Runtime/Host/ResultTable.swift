internal import Jobs
internal import LuaBindings

// Records as scripts see them.
extension ScriptHost {
  /// The number of the Lua type that gives results their `tostring`.
  static let resultType: UInt32 = 8

  /// The result of a job that is over. The script has then heard of its end.
  func result(_ id: JobID) -> LuaValue {
    guard let record = book.records[id] else { return .nil }
    book.hear(id)
    return resultTable(record)
  }

  /// The result that a record tells of.
  func resultTable(_ record: JobRecord) -> LuaValue {
    var fields = commonFields(record)
    fields += [
      ("success", .boolean(record.isSuccess)), ("output", output(of: record)), ("data", data(of: record)),
    ]
    return .table(LuaTable(fields: fields, type: ScriptHost.resultType))
  }

  /// The record of a job as it is now.
  func recordTable(_ record: JobRecord) -> LuaValue {
    var fields = commonFields(record)
    fields += [
      ("run", .text(record.run.rawValue)), ("kind", .text(record.kind.rawValue)), ("command", text(record.command)),
      ("cwd", text(record.cwd)), ("pid", number(record.pid)), ("parent", text(record.parent?.rawValue)),
      ("progress", record.progress.map { .number($0) } ?? .nil), ("progress_text", text(record.progressText)),
      ("created_at", .text(record.createdAt.description)),
      ("max_attempts", .integer(Int64(record.maxAttempts))), ("cancelled_by", text(record.cancelledBy)),
      ("cancel_reason", text(record.cancelReason)), ("origin", text(record.origin)),
      ("leaked", .integer(Int64(record.leaked))), ("output_start", number(record.outputStart)),
      ("output_end", number(record.outputEnd)), ("group", text(record.group)), ("phase", text(record.phase)),
      ("topic", text(record.topic)), ("priority", .number(record.priority ?? 0)),
      ("speculative", .boolean(record.speculative)),
      ("labels", .table(LuaTable(fields: record.labels.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) }))),
    ]
    return .table(LuaTable(fields: fields))
  }

  private func commonFields(_ record: JobRecord) -> [(String, LuaValue)] {
    [
      ("id", .text(book.keys[record.id] ?? record.id.rawValue)), ("job", .text(record.id.rawValue)),
      ("name", text(record.name)), ("description", text(record.description)), ("agent", text(record.agent)),
      ("status", .text(record.status.rawValue)), ("reason", text(record.reason?.rawValue)),
      ("exit_code", number(record.exitCode)), ("signal", number(record.signal)), ("error", text(record.error)),
      ("duration_ms", number(record.durationMs)), ("started_at", text(record.startedAt?.description)),
      ("completed_at", text(record.completedAt?.description)), ("output_file", text(record.outputFile)),
      ("attempts", .integer(Int64(record.attempts))), ("model", text(record.model)), ("usage", usage(record.usage)),
      ("hedged", text(record.hedged?.rawValue)), ("history", history(of: record)),
      ("worktree", worktree(of: record)),
    ]
  }

  /// How the attempts ended, in their order.
  func history(of record: JobRecord) -> LuaValue {
    var attempts = record.history.attempts.map { attempt in
      LuaTable(fields: [
        ("attempt", .integer(Int64(attempt.attempt))), ("reason", .text(attempt.reason.rawValue)),
        ("error", text(attempt.error)), ("exit_code", number(attempt.exitCode)), ("signal", number(attempt.signal)),
        ("duration_ms", .integer(Int64(attempt.durationMs))), ("usage", usage(attempt.usage)),
      ])
    }
    if attempts.isEmpty, record.attempts == 1, let reason = record.reason {
      attempts = [
        LuaTable(fields: [
          ("attempt", 1), ("reason", .text(reason.rawValue)), ("error", text(record.error)),
          ("exit_code", number(record.exitCode)), ("signal", number(record.signal)),
          ("duration_ms", number(record.durationMs)),
        ])
      ]
    }
    return .table(LuaTable(array: attempts.map { .table($0) }))
  }

  func text(_ value: String?) -> LuaValue { value.map { .text($0) } ?? .nil }
  private func number(_ value: Int?) -> LuaValue { value.map { .integer(Int64($0)) } ?? .nil }

  private func usage(_ usage: JobUsage?) -> LuaValue {
    guard let usage else { return .nil }
    let models = usage.models.sorted { $0.key < $1.key }.map { ($0.key, self.usage($0.value)) }
    return .table(
      LuaTable(fields: [
        ("input_tokens", .integer(Int64(usage.inputTokens))), ("output_tokens", .integer(Int64(usage.outputTokens))),
        ("cache_read_tokens", .integer(Int64(usage.cacheReadTokens))),
        ("cache_write_tokens", .integer(Int64(usage.cacheWriteTokens))), ("calls", .integer(Int64(usage.calls))),
        ("cost", usage.cost.map { .number($0) } ?? .nil),
        ("models", models.isEmpty ? .nil : .table(LuaTable(fields: models))),
      ]))
  }

  /// What the job said, from its output file; an excerpt of it if it is long.
  private func output(of record: JobRecord) -> LuaValue {
    guard record.outputFile != nil else { return "" }
    if let value = valueWithSecrets(of: record) { return value }
    do throws(OutputError) { return .string(try OutputReader.excerpt(of: record)) } catch {
      return .text("(\(error.description))")
    }
  }

  /// What a function of ours returned, as text, where the file may lack parts of it.
  private func valueWithSecrets(of record: JobRecord) -> LuaValue? {
    guard !secrets.redaction.isEmpty, let value = book.values[record.id] else { return nil }
    let text = LuaText.describe(value)
    return text.count > OutputReader.longestExcerpt ? nil : .string(text)
  }

  /// The value that a function of ours returned, or the record's JSON.
  private func data(of record: JobRecord) -> LuaValue {
    if let value = book.values[record.id] {
      guard case .table = value else { return .nil }
      return value
    }
    return record.data.map { LuaJSON.decode($0.text) } ?? .nil
  }

  /// "test: failed (exit_nonzero), exit code 1, in 1.2 s"
  func describe(_ table: LuaTable) -> String {
    let name = table["name"].text ?? table["id"].text ?? "task"
    var parts = [table["status"].text ?? "unknown"]
    if let reason = table["reason"].text, reason != "ok" { parts[0] += " (\(reason))" }
    if let error = table["error"].text { parts.append(firstLine(error)) }
    if let duration = table["duration_ms"].int { parts.append("in \(duration) ms") }
    return "\(name): \(parts.joined(separator: ", "))"
  }
}
