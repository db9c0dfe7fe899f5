"""Where events and snapshots are kept: what a store must do, one in memory and one in files, plain or remembering."""

from lifecycle_projection.stores.files import FileStore
from lifecycle_projection.stores.memory import MemoryStore
from lifecycle_projection.stores.remembering import RememberingStore
from lifecycle_projection.stores.store import Place, Store

__all__ = ["FileStore", "MemoryStore", "Place", "RememberingStore", "Store"]
