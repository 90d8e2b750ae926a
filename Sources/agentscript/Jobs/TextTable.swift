/// Rows under headings, aligned by cells. Pure.
struct TextTable {
  /// One cell: its text, and the same with colours. The text decides the width.
  struct Cell {
    let text: String
    var paint: @Sendable (String) -> String = { $0 }
  }

  private let headings: [String]
  private var rows: [[Cell]] = []

  /// A table whose last column takes the room that is left.
  init(headings: [String]) {
    self.headings = headings
  }

  /// Adds a row with one cell for each heading. The texts must be harmless already.
  mutating func add(_ row: [Cell]) {
    precondition(row.count == headings.count, "a row of \(row.count) cells under \(headings.count) headings")
    rows.append(row)
  }

  /// The lines, at most `columns` cells wide; nil for no limit. The last column is cut first, then the first one; then
  /// those between them go, from the right.
  func lines(columns: Int?, palette: Palette) -> [String] {
    var widths = headings.indices.map { index in
      max(TextWidth.of(headings[index]), rows.map { TextWidth.of($0[index].text) }.max() ?? 0)
    }
    if let columns { fit(&widths, into: columns) }
    let heading = line(headings.map { Cell(text: $0) { palette.dim($0) } }, widths)
    return [heading] + rows.map { line($0, widths) }
  }

  private func fit(_ widths: inout [Int], into columns: Int) {
    let last = widths.count - 1
    let wanted = widths[last]
    func excess() -> Int { widths.reduce(0, +) + 2 * last - columns }
    widths[last] = max(min(widths[last], 10), widths[last] - max(0, excess()))
    widths[0] = max(min(widths[0], 16), widths[0] - max(0, excess()))
    for column in (1..<max(1, last)).reversed() where excess() > 0 { widths[column] = -2 }
    widths[last] = max(0, min(wanted, widths[last] - excess()))
  }

  private func line(_ row: [Cell], _ widths: [Int]) -> String {
    let cells = row.indices.filter { widths[$0] >= 0 }.map { index in
      let text = TextWidth.fitted(row[index].text, to: widths[index])
      let gap = index == row.count - 1 ? 0 : widths[index] - TextWidth.of(text)
      return (text.isEmpty ? "" : row[index].paint(text)) + String(repeating: " ", count: max(0, gap))
    }
    var line = cells.joined(separator: "  ")
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
