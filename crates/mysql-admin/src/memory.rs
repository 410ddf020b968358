//! How much of a task's memory the buffer pool gets.

use mysos_model::flavor::Flavor;

/// One mebibyte.
const MIB: u64 = 1 << 20;
/// What the executor itself may use beside the server.
const EXECUTOR_BYTES: u64 = 64 * MIB;
/// The smallest pool that a server works well with.
const SMALLEST_POOL_BYTES: u64 = 64 * MIB;
/// Below this MySQL runs without its performance schema and with small caches.
const SMALL_BELOW_BYTES: u64 = 1024 * MIB;
/// The server makes its pool of pieces, and rounds it up to whole ones; about this many.
const PIECES: u64 = 64;

/// A task that is too small for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{flavor} needs at least {least_mib} MiB of memory, the task has {found_mib} MiB")]
pub struct MemoryError {
    /// The flavor.
    pub flavor: Flavor,
    /// The least that will do.
    pub least_mib: u64,
    /// What the task has.
    pub found_mib: u64,
}

/// What a server takes besides its pool, measured idle with replication and some connections.
fn base_bytes(flavor: Flavor) -> u64 {
    match flavor {
        Flavor::MySql => 384 * MIB,
        Flavor::MariaDb => 128 * MIB,
    }
}

/// The least memory of a task that can hold a server of this flavor.
pub fn least_bytes(flavor: Flavor) -> u64 {
    EXECUTOR_BYTES + base_bytes(flavor) + SMALLEST_POOL_BYTES
}

/// The buffer pool for a task with this much memory: seven tenths of what the executor and the server's base
/// leave, 64 MiB at least, in whole pieces so that the server does not round it up.
pub fn buffer_pool_bytes(mem_bytes: u64, flavor: Flavor) -> Result<u64, MemoryError> {
    let least = least_bytes(flavor);
    if mem_bytes < least {
        return Err(MemoryError { flavor, least_mib: least / MIB, found_mib: mem_bytes / MIB });
    }
    let free = mem_bytes - EXECUTOR_BYTES - base_bytes(flavor);
    let pool = SMALLEST_POOL_BYTES.max(free / 10 * 7);
    Ok(pool - pool % piece_bytes(pool))
}

/// The piece that a pool of this size is made of: a power of two, from 1 MiB.
pub fn piece_bytes(pool_bytes: u64) -> u64 {
    pool_bytes.div_ceil(PIECES).next_power_of_two().max(MIB)
}

/// Whether a server in a task of this size has to be sparing.
pub fn is_small(mem_bytes: u64) -> bool {
    mem_bytes < SMALL_BELOW_BYTES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pool_mib(mem_mib: u64, flavor: Flavor) -> u64 {
        buffer_pool_bytes(mem_mib * MIB, flavor).unwrap() / MIB
    }

    #[test]
    fn pools_of_usual_tasks() {
        let maria = [256, 512, 1024, 4096, 16384].map(|mem| pool_mib(mem, Flavor::MariaDb));
        assert_eq!(maria, [64, 224, 576, 2688, 11264]);
        let mysql = [512, 1024, 4096, 16384].map(|mem| pool_mib(mem, Flavor::MySql));
        assert_eq!(mysql, [64, 400, 2496, 11008]);
    }

    #[test]
    fn a_task_that_is_too_small_is_refused_with_the_figure() {
        let error = buffer_pool_bytes(255 * MIB, Flavor::MariaDb).unwrap_err();
        assert_eq!(error.to_string(), "mariadb needs at least 256 MiB of memory, the task has 255 MiB");
        assert_eq!(buffer_pool_bytes(0, Flavor::MySql).unwrap_err().least_mib, 512);
    }

    proptest! {
        #[test]
        fn a_pool_fits_its_task_and_is_made_of_whole_pieces(mem_mib in 512..1_000_000u64, mysql in any::<bool>()) {
            let flavor = if mysql { Flavor::MySql } else { Flavor::MariaDb };
            let pool = buffer_pool_bytes(mem_mib * MIB, flavor).unwrap();
            prop_assert!(pool + base_bytes(flavor) + EXECUTOR_BYTES <= mem_mib * MIB);
            prop_assert!(pool >= SMALLEST_POOL_BYTES);
            prop_assert_eq!(pool % piece_bytes(pool), 0);
        }
    }
}
