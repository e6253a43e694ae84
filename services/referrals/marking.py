"""How the store of evidence is known for what it is, before anything is put there, judged or deleted by it."""

import asyncpg

from services.referrals import storage
from services.referrals.vault import MARK, StoreAway, Vault

#: The part of health that tells of the store.
PART = "evidence-store"
AWAY = "the place where uploaded files are kept cannot be reached, or is another one: files wait"


async def recognise(pool: asyncpg.Pool, vault: Vault) -> None:
    """Marks a store that has none of the files yet, and one of an earlier version that has. Raises StoreAway else."""
    if await vault.has(MARK):
        return
    async with pool.acquire() as conn:
        objects = await storage.some_objects(conn)
    if objects and not any([await vault.has(each) for each in objects]):
        raise StoreAway
    await vault.mark()
