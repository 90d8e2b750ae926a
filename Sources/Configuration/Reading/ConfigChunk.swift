internal import LuaBindings
internal import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Runs a configuration file: Lua that can say things, and do nothing.
///
/// Each gets a state of its own, with string, table and math, without chance, time, files and other code. Memory, instructions
/// and the size of what it returns are limited. A C function of Lua cannot be stopped (a pattern can take a pattern matcher
/// years), so it runs on a thread of its own, which is left to itself when the time is over.
enum ConfigChunk {
  /// Bounds of one evaluation.
  struct Bounds: Sendable {
    var memory = 16 << 20
    var instructions: Int64 = 10_000_000
    var result = 1 << 20
    var milliseconds: Int32 = 5000
  }

  /// What the file returns. Errors have Lua's own file and line, where it gives one.
  static func evaluate(_ file: ConfigFile, bounds: Bounds = Bounds()) throws(SettingsError) -> ConfigValue {
    guard file.bytes.first != 0x1B else { throw SettingsError(file.path, "is compiled code; a text is wanted") }
    guard let answer = OneAnswer.of(within: bounds.milliseconds, { run(file, bounds) }) else {
      throw SettingsError(file.path, "did not end within \(bounds.milliseconds / 1000) seconds")
    }
    switch answer {
    case .success(let value): return value
    case .failure(let error): throw error
    }
  }

  private static func run(_ file: ConfigFile, _ bounds: Bounds) -> Result<ConfigValue, SettingsError> {
    let state = LuaState(LuaHandlers(call: { _, _, _ in .nothing }, resumed: { _ in .nothing }))
    defer { state.close() }
    do throws(LuaError) {
      try state.openDataLibraries()
      state.limitMemory(to: bounds.memory)
      state.limitInstructions(to: bounds.instructions)
      state.limitCrossings(to: bounds.result)
      let chunk = try state.load(withoutShebang(file.bytes), name: "@" + file.path, textOnly: true)
      switch state.resume(try state.makeTask(chunk)) {
      case .failed(let error): return .failure(failure(error, file))
      case .finished(let values): return table(values, file)
      case .waiting, .cancelled: return .failure(SettingsError(file.path, "did not end"))
      }
    } catch {
      return .failure(failure(error, file))
    }
  }

  private static func table(_ values: [LuaValue], _ file: ConfigFile) -> Result<ConfigValue, SettingsError> {
    guard let first = values.first, case .table = first else {
      let found = values.first.map { "a \($0.typeName)" } ?? "nothing"
      return .failure(SettingsError(file.path, "must return a table, not \(found): return { … }"))
    }
    do throws(ConfigValue.Refusal) {
      return .success(try ConfigValue(first))
    } catch {
      return .failure(
        SettingsError(file.path, "\(error.path.isEmpty ? "the table" : error.path.shown) \(error.sentence)"))
    }
  }

  private static func failure(_ error: LuaError, _ file: ConfigFile) -> SettingsError {
    var message = error.message
    if message == "the script's instruction limit is reached" { message = "it computes for too long" }
    if message == "not enough memory" { message = "it takes too much memory" }
    // Lua begins with the file already, shortened if it is long.
    if let line = lineAndRest(message) { return SettingsError("\(file.path):\(line.line)", line.rest) }
    return SettingsError(file.path, message)
  }

  /// `…onfig.lua:12: unexpected symbol` as 12 and the rest.
  private static func lineAndRest(_ message: String) -> (line: Int, rest: String)? {
    guard let file = message.firstRange(of: ".lua:") else { return nil }
    let behind = message[file.upperBound...]
    let digits = behind.prefix { ("0"..."9").contains($0) }
    guard let line = Int(digits), behind[digits.endIndex...].hasPrefix(": ") else { return nil }
    return (line, String(behind[digits.endIndex...].dropFirst(2)))
  }

  /// As `lua` does with files: a first line that begins with `#` is empty.
  private static func withoutShebang(_ bytes: [UInt8]) -> [UInt8] {
    var rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    return rest.first == UInt8(ascii: "#") ? Array(rest.drop { $0 != 0x0A }) : Array(rest)
  }
}

/// The answer of a thread that may never give it.
private final class OneAnswer: Sendable {
  typealias Value = Result<ConfigValue, SettingsError>

  private let answer = Mutex<Value?>(nil)
  private let work: @Sendable () -> Value
  private let bell: (read: Int32, write: Int32)

  private init(_ work: @escaping @Sendable () -> Value, bell: (Int32, Int32)) {
    self.work = work
    self.bell = bell
  }

  deinit {
    close(bell.read)
    close(bell.write)
  }

  /// Runs the work on a thread; nil if it did not end in time, or could not begin.
  static func of(within milliseconds: Int32, _ work: @escaping @Sendable () -> Value) -> Value? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let one = OneAnswer(work, bell: (ends[0], ends[1]))
    guard one.start() else { return nil }
    var entry = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, milliseconds) < 0, errno == EINTR {}
    return one.answer.withLock { $0 }
  }

  private func start() -> Bool {
    let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
    defer { attributes.deallocate() }
    pthread_attr_init(attributes)
    defer { pthread_attr_destroy(attributes) }
    pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
    // Lua's parser and matcher recurse, each to a depth of 200.
    pthread_attr_setstacksize(attributes, 1 << 21)
    let context = Unmanaged.passRetained(self).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
      let status = pthread_create(&thread, attributes, { OneAnswer.run($0) }, context)
    #else
      var thread = pthread_t()
      let status = pthread_create(&thread, attributes, { OneAnswer.run($0!) }, context)
    #endif
    if status != 0 { Unmanaged<OneAnswer>.fromOpaque(context).release() }
    return status == 0
  }

  private static func run(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let one = Unmanaged<OneAnswer>.fromOpaque(context).takeRetainedValue()
    let value = one.work()
    one.answer.withLock { $0 = value }
    var byte: UInt8 = 1
    _ = write(one.bell.write, &byte, 1)
    return nil
  }
}
