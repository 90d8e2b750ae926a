import Runtime
import Testing

@testable import agentscript

@Suite struct TerminalTextTests {
  /// Sequences that move, paint, rename, copy, hide, turn or pose; after what each is known for.
  static let attacks: [(name: String, bytes: [UInt8])] = [
    ("CSI clear screen", [0x1B] + Array("[2J".utf8)), ("CSI home", [0x1B] + Array("[H".utf8)),
    ("CSI cursor up", [0x1B] + Array("[5A".utf8)), ("CSI erase line", [0x1B] + Array("[2K".utf8)),
    ("CSI scroll region", [0x1B] + Array("[1;1r".utf8)), ("CSI insert lines", [0x1B] + Array("[9L".utf8)),
    ("CSI delete lines", [0x1B] + Array("[9M".utf8)), ("CSI report cursor", [0x1B] + Array("[6n".utf8)),
    ("CSI device attributes", [0x1B] + Array("[c".utf8)), ("CSI window title report", [0x1B] + Array("[21t".utf8)),
    ("CSI resize window", [0x1B] + Array("[8;1;1t".utf8)), ("CSI conceal", [0x1B] + Array("[8m".utf8)),
    ("CSI reset colours", [0x1B] + Array("[0m".utf8)), ("CSI alternate screen", [0x1B] + Array("[?1049h".utf8)),
    ("CSI mouse", [0x1B] + Array("[?1000h".utf8)), ("CSI bracketed paste", [0x1B] + Array("[?2004h".utf8)),
    ("CSI repeat", Array("x".utf8) + [0x1B] + Array("[99999b".utf8)),
    ("CSI unterminated", [0x1B] + Array("[1;2;3".utf8)), ("CSI with control inside", [0x1B] + Array("[2\u{8}J".utf8)),
    ("OSC 0 title", [0x1B] + Array("]0;owned\u{7}".utf8)), ("OSC 2 title", [0x1B] + Array("]2;owned".utf8) + [0x9C]),
    ("OSC 4 palette", [0x1B] + Array("]4;1;rgb:0/0/0\u{7}".utf8)),
    ("OSC 7 folder", [0x1B] + Array("]7;file:///etc\u{7}".utf8)),
    ("OSC 8 link", [0x1B] + Array("]8;;http://evil\u{7}click\u{1B}]8;;\u{7}".utf8)),
    ("OSC 9 notification", [0x1B] + Array("]9;hello\u{7}".utf8)),
    ("OSC 10 query", [0x1B] + Array("]10;?\u{7}".utf8)),
    ("OSC 52 clipboard", [0x1B] + Array("]52;c;ZXZpbA==\u{7}".utf8)),
    ("OSC 133 prompt mark", [0x1B] + Array("]133;A\u{7}".utf8)),
    ("OSC 777", [0x1B] + Array("]777;notify;a;b\u{7}".utf8)),
    ("OSC 1337", [0x1B] + Array("]1337;File=:AAAA\u{7}".utf8)), ("OSC unterminated", [0x1B] + Array("]0;".utf8)),
    ("OSC with ST", [0x1B] + Array("]0;x\u{1B}\\".utf8)), ("DCS", [0x1B] + Array("Pq#0\u{1B}\\".utf8)),
    ("DCS DECRQSS", [0x1B] + Array("P$qm\u{1B}\\".utf8)),
    ("DCS tmux passthrough", [0x1B] + Array("Ptmux;x\u{1B}\\".utf8)),
    ("APC", [0x1B] + Array("_Gf=100\u{1B}\\".utf8)), ("PM", [0x1B] + Array("^x\u{1B}\\".utf8)),
    ("SOS", [0x1B] + Array("Xx\u{1B}\\".utf8)), ("RIS reset", [0x1B] + Array("c".utf8)),
    ("DECALN", [0x1B] + Array("#8".utf8)), ("DECSC", [0x1B] + Array("7".utf8)), ("IND", [0x1B] + Array("D".utf8)),
    ("RI", [0x1B] + Array("M".utf8)), ("charset", [0x1B] + Array("(0".utf8)), ("keypad", [0x1B] + Array("=".utf8)),
    ("screen title", [0x1B] + Array("kowned\u{1B}\\".utf8)), ("lone escape", [0x1B]),
    ("C1 CSI, raw", [0x9B] + Array("2J".utf8)), ("C1 OSC, raw", [0x9D] + Array("0;x".utf8) + [0x9C]),
    ("C1 DCS, raw", [0x90]), ("C1 APC, raw", [0x9F]), ("C1 CSI, UTF-8", [0xC2, 0x9B] + Array("2J".utf8)),
    ("C1 OSC, UTF-8", [0xC2, 0x9D] + Array("0;x".utf8)), ("C1 NEL, UTF-8", [0xC2, 0x85]),
    ("CR overwrite", Array("failed\rcompleted".utf8)), ("BEL", [0x07]), ("backspaces", Array("no\u{8}\u{8}ok".utf8)),
    ("NUL", [0x00]), ("ENQ", [0x05]), ("SO", [0x0E]), ("SI", [0x0F]), ("VT", [0x0B]), ("FF", [0x0C]), ("XON", [0x11]),
    ("CAN", [0x18]), ("SUB", [0x1A]), ("DEL", [0x7F]), ("RLO", Array("\u{202E}txt.exe".utf8)),
    ("LRE", Array("\u{202A}x".utf8)), ("RLI", Array("\u{2067}x\u{2069}".utf8)), ("ALM", Array("\u{61C}".utf8)),
    ("RLM", Array("\u{200F}".utf8)), ("tags", Array("\u{E0001}\u{E0041}\u{E007F}".utf8)),
    ("zero width space", Array("a\u{200B}b".utf8)), ("word joiner", Array("a\u{2060}b".utf8)),
    ("BOM", Array("\u{FEFF}x".utf8)), ("soft hyphen", Array("a\u{AD}b".utf8)),
    ("line separator", Array("a\u{2028}b".utf8)), ("hangul filler", Array("\u{3164}".utf8)),
    ("variation supplement", Array("a\u{E0100}".utf8)), ("interlinear", Array("\u{FFF9}x\u{FFFB}".utf8)),
    ("overlong ESC", [0xC0, 0x9B]), ("overlong NUL", [0xE0, 0x80, 0x80]), ("surrogate", [0xED, 0xA0, 0x80]),
    ("above Unicode", [0xF4, 0x90, 0x80, 0x80]), ("cut sequence", [0xE2, 0x82]), ("lone continuation", [0x80]),
    ("invalid 0xFF", [0xFF, 0xFE]),
  ]

  @Test(arguments: attacks.indices)
  func whatCouldActIsShownInstead(index: Int) {
    let attack = Self.attacks[index]
    for prefix in [[], Array("plain ".utf8), Array("é".utf8)] as [[UInt8]] {
      for shown in [TerminalText.line(prefix + attack.bytes), TerminalText.block(prefix + attack.bytes)] {
        #expect(isHarmless(shown), "\(attack.name)")
        #expect(shown.contains("\\"), "\(attack.name): nothing shows that something was there")
      }
    }
  }

  @Test func aMebibyteOfUnterminatedTitleIsHarmless() {
    let bytes = Array("\u{1B}]0;".utf8) + [UInt8](repeating: UInt8(ascii: "A"), count: 1 << 20)
    #expect(TerminalText.block(bytes) == "\\x1b]0;" + String(repeating: "A", count: 1 << 20))
  }

  @Test func ordinaryTextStaysAsItIs() {
    for text in ["", "plain", "naïve 日本語 🎉 👩‍💻 ✈️ e\u{301}", "C:\\path\\n", "सुंदर", "عربي"] {
      #expect(TerminalText.line(text) == text)
      #expect(TerminalText.line(text.utf8) == text)
      #expect(TerminalText.block(text) == text)
    }
  }

  @Test func linesKeepTheirEndsInABlockAlone() {
    #expect(TerminalText.block("a\n\tb\n") == "a\n\tb\n")
    #expect(TerminalText.line("a\n\tb\n") == "a\\n\\tb\\n")
    #expect(TerminalText.block("dos\r\nprogress\r100%\r") == "dos\nprogress\\r100%\\r")
    #expect(TerminalText.block("\r\r\n") == "\\r\n")
    #expect(TerminalText.line("dos\r\n") == "dos\\r\\n")
  }

  @Test(arguments: attacks.indices)
  func anyCutBetweenPiecesGivesTheSameText(index: Int) {
    let bytes = Array("a\r\n".utf8) + Self.attacks[index].bytes + Array("é\r\n".utf8)
    let whole = TerminalText.block(bytes)
    for cut in 0...bytes.count {
      var escaper = TerminalEscaper(breaksLines: true)
      let shown = escaper.feed(bytes[..<cut]) + escaper.feed(bytes[cut...]) + escaper.finish()
      #expect(shown == whole)
    }
  }

  @Test func bytesThatAreNoTextAreShownOneByOne() {
    #expect(TerminalText.line([0x61, 0xFF, 0xE2, 0x82, 0x62]) == "a\\xff\\xe2\\x82b")
    #expect(TerminalText.line([0xED, 0xA0, 0x80]) == "\\xed\\xa0\\x80")
    #expect(TerminalText.line([0xF0, 0x9F, 0x8E, 0x89, 0xC3]) == "🎉\\xc3")
  }

  @Test func jsonKeepsItsMeaningWithoutDangerousCharacters() {
    let json = "{\n  \"text\": \"\u{9B}2J\u{202E}\u{7F}\u{E0041}é\"\n}"
    #expect(TerminalText.json(json) == "{\n  \"text\": \"\\u009b2J\\u202e\\u007f\\udb40\\udc41é\"\n}")
  }

  private func isHarmless(_ shown: String) -> Bool {
    shown.unicodeScalars.allSatisfy { !TerminalText.isDangerous($0) }
  }
}

@Suite struct TextWidthTests {
  @Test func cellsAreCountedAsTerminalsDo() {
    #expect(TextWidth.of("abc") == 3)
    #expect(TextWidth.of("日本") == 4)
    #expect(TextWidth.of("e\u{301}") == 1)
    #expect(TextWidth.of("🎉") == 2)
    #expect(TextWidth.of("👩‍💻") == 2)
    #expect(TextWidth.of("✓ …") == 3)
  }

  @Test func textIsCutToFit() {
    #expect(TextWidth.fitted("abcdef", to: 6) == "abcdef")
    #expect(TextWidth.fitted("abcdef", to: 5) == "abcd…")
    #expect(TextWidth.fitted("日本語", to: 4) == "日…")
    #expect(TextWidth.fitted("abc", to: 0) == "")
    #expect(TextWidth.padded("日", to: 4) == "日  ")
  }
}

@Suite struct DurationTextTests {
  @Test func durationsAreRead() {
    #expect(DurationText.parse("250") == .milliseconds(250))
    #expect(DurationText.parse("250ms") == .milliseconds(250))
    #expect(DurationText.parse("1.5h") == .seconds(5400))
    #expect(DurationText.parse("30d") == .seconds(2_592_000))
    #expect(DurationText.parse("5 m") == .seconds(300))
    for text in ["", "s", "-5s", "+5s", "5 parsecs", "1e3s", "5.", ".5s", "nan", "inf", "99999999999d", "٣s"] {
      #expect(DurationText.parse(text) == nil, "\(text)")
    }
  }

  @Test func sizesAreRead() {
    #expect(ByteCount.parse("500M") == 524_288_000)
    #expect(ByteCount.parse("2GiB") == 2_147_483_648)
    #expect(ByteCount.parse("10") == 10)
    for text in ["", "M", "-1", "5X", "99999999T"] { #expect(ByteCount.parse(text) == nil, "\(text)") }
  }

  @Test func spansAndAgesAreShort() {
    #expect(DurationText.short(milliseconds: 812) == "812ms")
    #expect(DurationText.short(milliseconds: 1234) == "1.2s")
    #expect(DurationText.short(milliseconds: 59_999) == "59s")
    #expect(DurationText.short(milliseconds: 200_000) == "3m 20s")
    #expect(DurationText.short(milliseconds: 7_200_000) == "2h")
    #expect(DurationText.ago(milliseconds: -5000) == "now")
    #expect(DurationText.ago(milliseconds: 12_000) == "12s ago")
    #expect(DurationText.ago(milliseconds: 7_200_000) == "2h ago")
    #expect(DurationText.size(bytes: 1023) == "1023 B")
    #expect(DurationText.size(bytes: 1024) == "1.0 KiB")
    #expect(DurationText.size(bytes: 1_500_000) == "1.4 MiB")
    #expect(DurationText.size(bytes: .max) == "8388607 TiB")
  }
}
