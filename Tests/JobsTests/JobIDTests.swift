import Testing

@testable import Jobs

@Suite struct JobIDTests {
  @Test(arguments: ["a", "0", "build", "Build-2.0_x", "A" + String(repeating: "z", count: 127)])
  func ALegalNameIsTaken(_ text: String) throws {
    #expect(try JobID(validating: text).rawValue == text)
  }

  /// Names that try to be paths, hidden files, options, other files or other names.
  static let hostile: [String] = {
    var names = [
      "", " ", ".", "..", "...", "-", "_", "-rf", "--help", "~", "~root", "/", "//", "\\", "\0", "a\0b", "\n",
    ]
    names += [
      "a/b", "../x", "..\\x", "a/../b", "/etc/passwd", "%2e%2e%2f", "a%2fb", "C:", "C:\\x", "a:b", "a;b", "a b",
    ]
    names += [
      "$(id)", "`id`", "a'b", "a\"b", "a|b", "a&b", "a>b", "a<b", "a*b", "a?b", "[a]", "{a}", "a!", "a#b", "a,b", "a=b",
    ]
    names += [
      "\u{202E}txt", "é", "e\u{301}", "\u{FF0E}\u{FF0E}/", "а", "ﬁ", "\u{200B}a", "a\u{200B}", "💥", "\u{212A}",
      "a\u{FEFF}",
    ]
    names += [
      "\u{1B}[2J", "a\r\nb", "a\tb", "a\u{7F}", String(repeating: "x", count: 129), String(repeating: "x", count: 4096),
    ]
    for value in UInt8.min ... .max {
      let scalar = Unicode.Scalar(value)
      let isLegal = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      if !isLegal { names.append(String(scalar) + "name") }
      if !isLegal, !".-_".unicodeScalars.contains(scalar) { names.append("na" + String(scalar) + "me") }
    }
    return names
  }()

  @Test func ThreeHundredHostileNamesAreRefusedInWordsOnOneLine() {
    #expect(JobIDTests.hostile.count > 300)
    for name in JobIDTests.hostile {
      let error = #expect(throws: JobIDError.self) { try JobID(validating: name) }
      let text = error?.description ?? ""
      #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "\(name.debugDescription)")
      #expect(text.count < 300)
    }
  }

  @Test func NamesThatLookAlikeInUnicodeAreDifferentOrRefused() throws {
    #expect(throws: JobIDError.self) { try JobID(validating: "\u{212A}elvin") }
    #expect(try JobID(validating: "Build") != JobID(validating: "build"))
    #expect(try JobID(validating: "A") < JobID(validating: "a"))
  }

  @Test func AGeneratedNameIsLegalWhateverItIsMadeOf() throws {
    let run = RunID.random()
    for text in JobIDTests.hostile + ["npm run build", "Which modules did this release touch?"] {
      let id = JobID(slugOf: text, run: run, number: 7)
      #expect(try JobID(validating: id.rawValue) == id)
      #expect(id.rawValue.hasSuffix("-\(run.suffix)-7"))
    }
    #expect(JobID(slugOf: "npm run  build!", run: run, number: 1).rawValue == "npm-run-build-\(run.suffix)-1")
  }

  @Test func ARunsNameSurvivesItsText() throws {
    for _ in 0..<1000 {
      let run = RunID.random()
      #expect(RunID(run.rawValue) == run)
    }
    for text in ["", "r-", "r-12345", "r-1234567", "r-12345i", "R-123456", "x-123456", "r-12é45"] {
      #expect(RunID(text) == nil)
    }
  }
}
