import Jobs

/// The colours and signs of ours. Nothing that a job wrote passes here.
struct Palette: Sendable {
  /// Colours, or none (`NO_COLOR`, no terminal).
  let isColored: Bool

  func dim(_ text: String) -> String { wrap(text, "2") }
  func bold(_ text: String) -> String { wrap(text, "1") }
  func good(_ text: String) -> String { wrap(text, "32") }
  func bad(_ text: String) -> String { wrap(text, "31") }
  func warning(_ text: String) -> String { wrap(text, "33") }
  func active(_ text: String) -> String { wrap(text, "36") }

  /// The text in the colour of a status.
  func paint(_ text: String, as status: JobStatus) -> String {
    switch status {
    case .completed: good(text)
    case .failed, .timedOut, .lost: bad(text)
    case .running: active(text)
    case .waiting, .cancelled: warning(text)
    case .pending, .queued, .skipped: dim(text)
    }
  }

  /// One cell that tells how a job ended, readable without colours too.
  func mark(_ status: JobStatus) -> String {
    let sign =
      switch status {
      case .completed: "✓"
      case .failed, .timedOut, .lost: "✗"
      case .cancelled: "⊘"
      case .skipped: "↷"
      case .pending, .queued, .waiting: "…"
      case .running: "▸"
      }
    return paint(sign, as: status)
  }

  private func wrap(_ text: String, _ code: String) -> String {
    isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
