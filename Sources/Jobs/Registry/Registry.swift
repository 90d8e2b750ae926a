import GRDB
import Synchronization

/// The record of all runs and jobs of a project, shared by every process of the user.
///
/// One SQLite database in WAL mode. Writers queue up on one thread, which puts all that wait into one transaction;
/// readers have a connection of their own and wait for nobody. Each change is one transaction or a part of one, durable
/// (`synchronous=FULL`) before anybody hears of it. The rules that keep it honest are in the database itself: see `Schema`.
///
/// A process needs one registry object per state folder. Nothing may fork while it is open and use it in the child.
public final class Registry: Sendable {
  /// The version of the registry's form that this program makes and knows.
  public static var schemaVersion: Int { Schema.version }

  /// The folder that it lives in.
  public let directory: StateDirectory
  let path: String
  /// Nil for a registry that was opened for reading.
  let writer: RegistryWriter?
  let finisher: JobFinisher?
  let compression: LogCompression?
  private let reader: Mutex<DatabaseQueue?>

  /// Opens the registry of a state folder.
  ///
  /// For writing, makes the folder and the registry if they are missing. For reading, makes nothing, and throws `missing`.
  /// Throws `newerSchema` for the registry of a later version, and `folder` for a folder that others may change.
  public static func open(
    _ directory: StateDirectory, readOnly: Bool = false
  ) throws(RegistryError) -> Registry {
    do throws(StateDirectoryError) {
      if !readOnly {
        try directory.create()
      } else if directory.holdsRegistry {
        try directory.check()
      }
    } catch {
      throw RegistryError(.folder(error), context: directory.path)
    }
    if readOnly {
      let reader = try RegistryFile.openForReading(directory)
      return Registry(directory, writer: nil, finisher: nil, reader: reader)
    }
    let connection = try RegistryFile.openForWriting(directory)
    let writer = RegistryWriter(path: directory.registryPath, connection: connection)
    let finisher = try JobFinisher(directory, writer: writer)
    let registry = Registry(directory, writer: writer, finisher: finisher, reader: nil)
    registry.compression?.schedule(for: registry)
    return registry
  }

  private init(
    _ directory: StateDirectory, writer: RegistryWriter?, finisher: JobFinisher?, reader: sending DatabaseQueue?
  ) {
    self.directory = directory
    self.path = directory.registryPath
    self.writer = writer
    self.finisher = finisher
    self.compression = writer == nil ? nil : LogCompression()
    self.reader = Mutex(reader)
  }

  /// Writes what is queued, and closes the connections. Calls after this throw `closed`.
  public func close() {
    compression?.close()
    finisher?.drain()
    writer?.flush()
    writer?.settleView()
    // The writer goes last: only a connection that may write empties the -wal as it leaves.
    let connection = reader.withLock { $0.take() }
    // A connection that cannot be closed now is closed by the process's end.
    try? connection?.close()
    writer?.close()
  }

  /// Reads on a connection that no writer holds up.
  func read<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
    let connection = try readingConnection()
    return try RegistryError.wrapping(path) { try connection.read(body) }
  }

  /// Reads several things as one moment shows them, without GRDB's guard against writes, for pragmas.
  func readRaw<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
    let connection = try readingConnection()
    return try RegistryError.wrapping(path) { try connection.writeWithoutTransaction(body) }
  }

  /// Runs one transaction of its own, between those of the queue.
  func write<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
    guard let writer else { throw openedForReading }
    return try writer.transaction(body)
  }

  var openedForReading: RegistryError {
    RegistryError(.notWritable, context: path, underlying: "it was opened for reading")
  }

  private func readingConnection() throws(RegistryError) -> DatabaseQueue {
    if writer?.isClosed == true { throw RegistryError(.closed, context: path) }
    if let connection = reader.withLock({ $0 }) { return connection }
    guard writer != nil else { throw RegistryError(.closed, context: path) }
    let opened = try RegistryFile.openForReading(directory)
    return reader.withLock { current in
      if let current { return current }
      current = opened
      return opened
    }
  }
}
