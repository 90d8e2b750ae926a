import Testing

@testable import Jobs

@Suite struct ProgressScannerTests {
  static let text = """
    [PROGRESS] Step 1 complete
    noise [PROGRESS] 10% not at the beginning
    [PROGRESS] 40% linked
    [PROGRESS]12% no space
    [PROGRESS]
    [PROGRESS] 12.5%
    [PROGRESS] +5% sign
    [PROGRESS] 150% too much\r
    [PROGRES] 1%
    [PROGRESS]\t7%\ttabs
    """

  static let expected = [
    ProgressReport(fraction: nil, text: "Step 1 complete"), ProgressReport(fraction: 0.4, text: "linked"),
    ProgressReport(fraction: nil, text: nil), ProgressReport(fraction: 0.125, text: nil),
    ProgressReport(fraction: nil, text: "+5% sign"), ProgressReport(fraction: 1, text: "too much"),
    ProgressReport(fraction: 0.07, text: "tabs"),
  ]

  @Test func TheSameReportsComeHoweverTheOutputIsCut() {
    let bytes = Array(ProgressScannerTests.text.utf8)
    for cut in 0...bytes.count {
      var scanner = ProgressScanner()
      var reports = scanner.scan(bytes[..<cut]) + scanner.scan(bytes[cut...])
      if let last = scanner.finish() { reports.append(last) }
      #expect(reports == ProgressScannerTests.expected)
    }
    var scanner = ProgressScanner()
    var reports = bytes.flatMap { scanner.scan([$0]) }
    if let last = scanner.finish() { reports.append(last) }
    #expect(reports == ProgressScannerTests.expected)
  }

  @Test func ALineWithoutAnEndCostsNoMemory() {
    var scanner = ProgressScanner()
    _ = scanner.scan(Array("[PROGRESS] ".utf8))
    for _ in 0..<1000 { #expect(scanner.scan([UInt8](repeating: UInt8(ascii: "x"), count: 10_000)).isEmpty) }
    let reports = scanner.scan(Array("\n[PROGRESS] 1%\n".utf8))
    #expect(reports.count == 2)
    #expect((reports.first?.text?.utf8.count ?? 0) <= 4096)
  }
}
