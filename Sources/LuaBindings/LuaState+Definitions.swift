internal import CLua

extension LuaState {
  /// Opens the standard libraries, with coroutine functions, pcall and require through which a host call can wait.
  public func openLibraries(ignoringEnvironment: Bool = false) throws(LuaError) {
    try check(clua_open_libraries(host, ignoringEnvironment))
  }

  /// Opens string, table and math without what compiled code, chance and the world come in by: for chunks that only describe
  /// data.
  public func openDataLibraries() throws(LuaError) { try check(clua_open_data_libraries(host)) }

  /// Sets a global, or a field of the module `table`, to the host function of this number.
  public func define(_ name: String, in table: String? = nil, function: Int32) throws(LuaError) {
    try check(clua_define(host, table, name, function))
  }

  /// Makes a global, or a field of the module `table`, that loads `module` when it is called and calls the module's
  /// function of the same name.
  public func define(lazily name: String, from module: String, in table: String? = nil) throws(LuaError) {
    try check(clua_define_lazy(host, table, name, module))
  }

  /// Asks the host function for modules, after package.preload and before package.path. It answers as a searcher does
  /// (manual §6.3).
  public func define(searcher function: Int32) throws(LuaError) {
    try check(clua_define_searcher(host, function))
  }

  /// Sets a global.
  public func setGlobal(_ name: String, _ value: LuaValue) throws(LuaError) {
    let bytes = ValueWriter([value]).bytes
    try check(clua_set_global(host, name, bytes, bytes.count))
  }

  /// A type of Swift objects: its number, its name, and the numbers of its host functions.
  public struct ObjectType {
    /// The number of the type.
    public var type: UInt32
    /// Its name, as `__name`.
    public var name: String
    /// Methods by name; each gets the object first.
    public var methods: [(String, Int32)]
    /// Gets object and key of what is no method.
    public var getter: Int32?
    /// Runs when a to-be-closed variable ends.
    public var closer: Int32?
    /// `tostring`.
    public var text: Int32?

    /// A type.
    public init(
      type: UInt32, name: String, methods: [(String, Int32)] = [], getter: Int32? = nil, closer: Int32? = nil,
      text: Int32? = nil
    ) {
      self.type = type
      self.name = name
      self.methods = methods
      self.getter = getter
      self.closer = closer
      self.text = text
    }
  }

  /// Defines a type, before the first object of it is pushed.
  public func define(type: ObjectType) throws(LuaError) {
    let functions = type.methods.map(\.1)
    let status = withCStrings(type.methods.map(\.0)) { names in
      clua_define_type(
        host, type.type, type.name, names, functions, functions.count, type.getter ?? -1, type.closer ?? -1,
        type.text ?? -1)
    }
    try check(status)
  }

  /// A type of tables, see `LuaTable.type`: a name, and the host function for `tostring`.
  public func define(tableType type: UInt32, name: String, text: Int32) throws(LuaError) {
    try check(clua_define_table_type(host, type, name, text))
  }

  /// Gives a type of tables, defined before, a method that loads `module` when it is called and calls the module's function
  /// of the same name. A field of the table that has this name hides it.
  public func define(lazyMethod name: String, ofTableType type: UInt32, from module: String) throws(LuaError) {
    try check(clua_define_lazy_method(host, type, name, module))
  }

  /// Compiles a chunk. `name` is Lua's chunk name ("@deploy.lua", "=stdin", "=(command line)").
  public func load(_ source: [UInt8], name: String, textOnly: Bool = false) throws(LuaError) -> LuaReference {
    var key: Int32 = 0
    let status = clua_load(host, source, source.count, name, textOnly ? "t" : nil, &key)
    try check(status, .load)
    return LuaReference(key: key, pool: pool)
  }

  /// Compiles a file, its `#!` line skipped; nil is standard input.
  public func load(file path: String?) throws(LuaError) -> LuaReference {
    var key: Int32 = 0
    try check(clua_load_file(host, path, &key), .load)
    return LuaReference(key: key, pool: pool)
  }

  /// A copy of what a reference holds. Cycles and what lies deeper than 100 tables become nil.
  public func value(of reference: LuaReference) -> LuaValue {
    clua_read(host, reference.key) == CLUA_DONE ? takeOut().first ?? .nil : .nil
  }

  /// Lua's warning system on or off, as `-W` does.
  public func setWarnings(on: Bool) { clua_warning(host, on ? "@on" : "@off", false) }

  /// The collector's mode that `lua` itself uses for scripts.
  public func useGenerationalCollector() { clua_gc_generational(host) }
}

/// Calls `body` with C strings that live as long as the call.
private func withCStrings<R>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
  var bytes: [CChar] = []
  var offsets: [Int] = []
  for text in texts {
    offsets.append(bytes.count)
    bytes.append(contentsOf: text.utf8CString)
  }
  return bytes.withUnsafeBufferPointer { buffer in
    body(offsets.map { offset in buffer.baseAddress?.advanced(by: offset) })
  }
}
