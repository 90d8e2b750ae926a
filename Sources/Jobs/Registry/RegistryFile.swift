import CStorage
import GRDB

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The registry's file: how it comes to be, how a connection to it is opened, and which ones are refused.
///
/// A new registry is made under a temporary name and linked into place when it is complete, so that nobody ever sees
/// half of one, and of several processes that make it at once the first wins. Once it has its name, only SQLite opens it.
enum RegistryFile {
  /// Opens a connection for writing, making the registry if there is none.
  static func openForWriting(_ directory: StateDirectory) throws(RegistryError) -> DatabaseQueue {
    let path = directory.registryPath
    try refuseNetworkFileSystem(directory)
    if !directory.holdsRegistry { try create(in: directory) }
    try checkOwner(path)
    // SQLite would open it for reading instead, and say so at the first change.
    for name in [directory.path, path] where access(name, W_OK) != 0 {
      throw RegistryError(SystemCallError.last("access", name))
    }
    let queue = try connect(path, isReadOnly: false)
    try RegistryError.wrapping(path) { try queue.writeWithoutTransaction { try upgrade($0, path: path) } }
    return queue
  }

  /// Opens a connection for reading; throws `missing` if there is no registry.
  static func openForReading(_ directory: StateDirectory) throws(RegistryError) -> DatabaseQueue {
    let path = directory.registryPath
    guard directory.holdsRegistry else { throw RegistryError(.missing, context: path) }
    try refuseNetworkFileSystem(directory)
    try checkOwner(path)
    let queue = try connect(path, isReadOnly: true)
    let found = try RegistryError.wrapping(path) { try queue.read { try version(of: $0, path: path) } }
    if found < Schema.version {
      // Only a writer can bring it up to date.
      _ = try openForWriting(directory)
    }
    return queue
  }

  /// Begins the names of registries that are being made. Not the registry's own name: until it is complete and closed,
  /// other than SQLite must open it.
  static let temporaryPrefix = ".new-registry-"

  private static func connect(_ path: String, isReadOnly: Bool) throws(RegistryError) -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = isReadOnly
    configuration.label = "agentscript.registry"
    let patience = Patience()
    configuration.busyMode = .callback { patience.wait(attempt: $0) }
    if !isReadOnly {
      configuration.prepareDatabase { database in
        // FULL: a commit is on the disk when it returns. The limit keeps one burst from leaving a large -wal for ever.
        try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
      }
    }
    return try RegistryError.wrapping(path) { try DatabaseQueue(path: path, configuration: configuration) }
  }

  private static func create(in directory: StateDirectory) throws(RegistryError) {
    let path = directory.registryPath
    let temporary = directory.path + "/" + temporaryPrefix + String(UInt64.random(in: .min ... .max))
    // SQLite would use the umask's mode; it takes an empty file as a new database.
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw RegistryError(SystemCallError.last("open", temporary)) }
    let isPrivate = fchmod(descriptor, 0o600) == 0
    close(descriptor)
    defer { unlink(temporary) }
    guard isPrivate else { throw RegistryError(SystemCallError.last("fchmod", temporary)) }
    try RegistryError.wrapping(temporary) {
      let queue = try DatabaseQueue(path: temporary)
      try queue.writeWithoutTransaction { database in
        // Nobody else knows the file yet, so it is enough to wait for the disk once, when it is complete.
        try database.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")
        try upgrade(database, path: temporary)
        try database.execute(sql: "PRAGMA journal_mode = WAL")
      }
      try queue.close()
    }
    try synchronize(temporary)
    guard link(temporary, path) == 0 || errno == EEXIST else {
      throw RegistryError(SystemCallError.last("link", path))
    }
  }

  /// The file has no connection in this process any more: closing a descriptor of it drops nobody's locks.
  private static func synchronize(_ path: String) throws(RegistryError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw RegistryError(SystemCallError.last("open", path)) }
    defer { close(descriptor) }
    do throws(SystemCallError) { try FileIO.synchronize(descriptor, path: path) } catch { throw RegistryError(error) }
  }

  /// Brings the registry to the schema that this program knows; refuses one that is newer.
  private static func upgrade(_ database: Database, path: String) throws {
    guard try version(of: database, path: path) < Schema.version else { return }
    try database.inTransaction(.immediate) {
      // Another process may have done it while this one waited for the lock.
      let found = try version(of: database, path: path)
      for step in Schema.steps.dropFirst(found) { try database.execute(sql: step) }
      try database.execute(
        sql: "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(Schema.version)")
      return .commit
    }
  }

  private static func version(of database: Database, path: String) throws -> Int {
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let mark = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    if mark != Schema.applicationID {
      let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      guard mark == 0, found == 0, tables == 0 else { throw RegistryError(.notARegistry, context: path) }
    }
    guard found <= Schema.version else {
      throw RegistryError(.newerSchema(found: found, known: Schema.version), context: path)
    }
    return found
  }

  private static func checkOwner(_ path: String) throws(RegistryError) {
    var info = stat()
    guard lstat(path, &info) == 0 else { throw RegistryError(SystemCallError.last("lstat", path)) }
    guard info.st_mode & S_IFMT == S_IFREG else { throw RegistryError(.notARegistry, context: path) }
    guard info.st_uid == geteuid() else {
      let error = StateDirectoryError(.foreignOwner(owner: info.st_uid, user: geteuid()), path)
      throw RegistryError(.folder(error), context: path)
    }
  }

  private static func refuseNetworkFileSystem(_ directory: StateDirectory) throws(RegistryError) {
    if let name = cstorage_network_file_system(directory.path) {
      throw RegistryError(.networkFileSystem(String(cString: name)), context: directory.path)
    }
  }
}

/// How long a connection waits for another process's transaction: short naps, so that nobody sleeps long past his turn.
private struct Patience {
  private static let limitNanoseconds: UInt64 = 5_000_000_000
  /// When the present wait began. One connection waits for one lock at a time.
  private let began = WaitStart()

  func wait(attempt: Int) -> Bool {
    let now = Moment.now().monotonic
    if attempt == 0 { began.set(now) }
    guard now &- began.get() < Patience.limitNanoseconds else { return false }
    // Spread out, so that several waiting processes do not all try at the same moment.
    usleep(UInt32.random(in: 200...(attempt < 20 ? 1_000 : 4_000)))
    return true
  }
}
