/**
 * The database's schema as a list of steps, forward only: `user_version` counts how many have run. A step
 * that has been released is never edited; what it got wrong, the next one mends.
 *
 * - Everything that belongs to somebody hangs on an owner, and every foreign key deletes with its parent, so
 *   that nothing can be left behind. The full-text rows follow by trigger, in the same transaction.
 * - A chunk's text stands in `chunk_index` alone: one copy to write and one to erase.
 * - `scope` holds one token (core/scope-token.ts), so that the index itself leaves out what a search may not see.
 */
export const migrations: readonly string[] = [
  /* 1 */ `
  CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES owners(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL,
    UNIQUE (owner_id, name)
  ) STRICT;

  -- kind: folder | upload | text. spec: JSON, by kind.
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    indexed_ms INTEGER,
    problem TEXT
  ) STRICT;
  CREATE INDEX sources_collection ON sources(collection_id);

  -- Uploaded bytes; a file outlives the documents made of it until it is deleted itself.
  CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    owner_id INTEGER NOT NULL REFERENCES owners(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX files_owner ON files(owner_id);

  -- path: inside its source, with forward slashes. problem: why it has no chunks, when it has none.
  CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    source_id INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
    collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    format TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    -- What a scan compares before it reads: a file with the same three is taken for unchanged.
    mtime_ns TEXT NOT NULL,
    ctime_ns TEXT NOT NULL,
    inode TEXT NOT NULL,
    -- The date that filters use: the document's own, else the file's last change.
    date_ms INTEGER NOT NULL,
    properties TEXT NOT NULL DEFAULT '{}',
    indexed_ms INTEGER NOT NULL,
    problem TEXT,
    UNIQUE (source_id, path)
  ) STRICT;
  CREATE INDEX documents_collection ON documents(collection_id);
  CREATE INDEX documents_content ON documents(source_id, content_sha256);

  CREATE TABLE document_tags (
    document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (document_id, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX document_tags_tag ON document_tags(tag);

  -- Lines count from 1 and include the last; columns count UTF-16 units from 1 and are NULL for whole lines.
  -- text_sha256 covers what is embedded: heading path and text.
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    start_column INTEGER,
    end_column INTEGER,
    heading_path TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    UNIQUE (document_id, ordinal)
  ) STRICT;

  CREATE VIRTUAL TABLE chunk_index USING fts5(
    title, heading, body, parts, scope,
    tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO chunk_index(chunk_index, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER chunks_deleted AFTER DELETE ON chunks BEGIN
    DELETE FROM chunk_index WHERE rowid = old.id;
  END;

  -- One row for each embedding model ever used; the fingerprint changes with the model, its settings and dimensions.
  CREATE TABLE embedding_models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;

  -- unit: float32, little endian, of length one.
  CREATE TABLE chunk_vectors (
    chunk_id INTEGER PRIMARY KEY REFERENCES chunks(id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES embedding_models(id) ON DELETE CASCADE,
    unit BLOB NOT NULL
  ) STRICT;

  -- provenance: JSON of conversation, turn, span. valid_to_ms: when it was superseded or ended.
  CREATE TABLE memories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Unique to its owner only: an import keeps its ids, and tells nothing of the ids of others.
    public_id TEXT NOT NULL,
    owner_id INTEGER NOT NULL REFERENCES owners(id) ON DELETE CASCADE,
    namespace TEXT NOT NULL DEFAULT '',
    content TEXT NOT NULL,
    -- Of the normalised content: equal for exact duplicates.
    content_key TEXT NOT NULL,
    -- Of its gist: equal for near duplicates too.
    gist_key TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL,
    importance REAL NOT NULL,
    is_pinned INTEGER NOT NULL DEFAULT 0,
    provenance TEXT NOT NULL DEFAULT '{}',
    batch TEXT,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    valid_from_ms INTEGER NOT NULL,
    valid_to_ms INTEGER,
    superseded_by TEXT,
    access_count INTEGER NOT NULL DEFAULT 0,
    accessed_ms INTEGER,
    UNIQUE (owner_id, public_id)
  ) STRICT;
  -- One statement stands once in a namespace, as long as it is valid.
  CREATE UNIQUE INDEX memories_once ON memories(owner_id, namespace, content_key) WHERE valid_to_ms IS NULL;
  CREATE INDEX memories_near ON memories(owner_id, namespace, gist_key);
  CREATE INDEX memories_recent ON memories(owner_id, created_ms);
  CREATE INDEX memories_batch ON memories(owner_id, batch) WHERE batch IS NOT NULL;

  CREATE VIRTUAL TABLE memory_index USING fts5(
    content, parts, scope,
    tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO memory_index(memory_index, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
    DELETE FROM memory_index WHERE rowid = old.id;
  END;

  CREATE TABLE memory_vectors (
    memory_id INTEGER PRIMARY KEY REFERENCES memories(id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES embedding_models(id) ON DELETE CASCADE,
    unit BLOB NOT NULL
  ) STRICT;

  -- Conversations that wait to be read for memories, when the owner asked for that.
  CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES owners(id) ON DELETE CASCADE,
    namespace TEXT NOT NULL,
    conversation TEXT NOT NULL,
    messages TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
  ) STRICT;

  -- The truth about jobs; the queue only runs them. state: queued | running | done | failed | cancelled.
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    owner_id INTEGER REFERENCES owners(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    message TEXT NOT NULL DEFAULT '',
    result TEXT,
    error TEXT,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER
  ) STRICT;
  CREATE INDEX jobs_open ON jobs(state) WHERE state IN ('queued', 'running');
  `,
  /* 2: scope tokens begin with a private character (core/scope-token.ts). The indexes are made anew: to change each row of one
     that deletes securely takes hours. */ `
  DROP TRIGGER chunks_deleted;
  CREATE VIRTUAL TABLE chunk_index_2 USING fts5(
    title, heading, body, parts, scope,
    tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO chunk_index_2 (rowid, title, heading, body, parts, scope)
    SELECT rowid, title, heading, body, parts, char(57344) || scope FROM chunk_index;
  DROP TABLE chunk_index;
  ALTER TABLE chunk_index_2 RENAME TO chunk_index;
  INSERT INTO chunk_index(chunk_index, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER chunks_deleted AFTER DELETE ON chunks BEGIN
    DELETE FROM chunk_index WHERE rowid = old.id;
  END;

  DROP TRIGGER memories_deleted;
  CREATE VIRTUAL TABLE memory_index_2 USING fts5(
    content, parts, scope,
    tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO memory_index_2 (rowid, content, parts, scope)
    SELECT rowid, content, parts, char(57344) || scope FROM memory_index;
  DROP TABLE memory_index;
  ALTER TABLE memory_index_2 RENAME TO memory_index;
  INSERT INTO memory_index(memory_index, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
    DELETE FROM memory_index WHERE rowid = old.id;
  END;
  `,
  /* 3: Obsidian vaults. */ `
  -- Counts the changes of a vault's list of files.
  ALTER TABLE sources ADD COLUMN files_revision INTEGER NOT NULL DEFAULT 0;
  -- Every file of a vault, attachments too: what links can name.
  CREATE TABLE vault_files (
    source_id INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    PRIMARY KEY (source_id, path)
  ) STRICT, WITHOUT ROWID;

  -- outline: JSON of the headings and blocks that links can name, and of the aliases.
  CREATE TABLE notes (
    document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
    outline TEXT NOT NULL
  ) STRICT;

  -- name: the target's file name as links are compared; what a link means depends on all the names there are, so that is
  -- found out when somebody asks. subpath: as written, or "".
  CREATE TABLE note_links (
    document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    subpath TEXT NOT NULL,
    line INTEGER NOT NULL,
    is_embed INTEGER NOT NULL,
    PRIMARY KEY (document_id, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX note_links_name ON note_links(name);

  -- Properties and inline fields, one row a value; both columns are folded to small letters.
  CREATE TABLE note_fields (
    document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (document_id, key, value)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX note_fields_value ON note_fields(key, value);
  `,
  /* 4: new text is written over less often. What a batch of a megabyte brings fits into FTS5's memory and is one segment, not two,
   * and eight segments are merged at a time, not four. */ `
  INSERT INTO chunk_index(chunk_index, rank) VALUES ('hashsize', 4194304), ('automerge', 8);
  `,
  /* 5: segments are merged while nothing is indexed (idle-merge.ts), and while it is only when a level has 64 of them. */ `
  INSERT INTO chunk_index(chunk_index, rank) VALUES ('automerge', 64), ('crisismerge', 128);
  `,
];
