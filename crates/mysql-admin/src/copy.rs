//! Cloning between MySQL servers: the server that is spoken to reads the donor's data into a directory beside its own,
//! which it does not touch.

use std::{path::Path, time::Duration};

use crate::{
    conn::{Conn, Login},
    error::AdminError,
    sql::Sql,
};

/// Makes ready for a clone: only this donor is allowed, and it may move so many MiB a second (0: as many as it can).
pub async fn prepare(conn: &mut Conn, donor: &Login, rate: u32, limit: Duration) -> Result<(), AdminError> {
    let donors =
        Sql::new("SET GLOBAL clone_valid_donor_list = ").literal(&format!("{}:{}", donor.host, donor.port));
    conn.query(&donors, limit).await?;
    for bound in ["SET GLOBAL clone_max_network_bandwidth = ", "SET GLOBAL clone_max_data_bandwidth = "] {
        conn.query(&Sql::new(bound).number(rate.into()), limit).await?;
    }
    Ok(())
}

/// Clones. The directory must not be there; it is complete when this is told. A call that is given up goes on in the
/// server until its connection is ended from another one.
pub async fn clone(conn: &mut Conn, donor: &Login, into: &Path, limit: Duration) -> Result<(), AdminError> {
    let words = Sql::new("CLONE INSTANCE FROM ")
        .account_at(&donor.user, &donor.host)
        .words(":")
        .number(donor.port.into())
        .words(" IDENTIFIED BY ")
        .secret(&donor.password)
        .words(" DATA DIRECTORY = ")
        .literal(&into.to_string_lossy());
    conn.query(&words, limit).await.map(drop)
}
