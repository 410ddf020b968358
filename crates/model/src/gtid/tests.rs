//! The laws of the set algebra, over generated sets of both flavors, and the forms of the servers.

use proptest::{collection::vec, prelude::*};

use super::*;

const UUID: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const OTHER: &str = "4350f323-7565-4e59-8763-4b1b83a0ce0e";

fn my(text: &str) -> GtidSet {
    GtidSet::parse(Flavor::MySql, text).unwrap()
}

fn maria(text: &str) -> GtidSet {
    GtidSet::parse(Flavor::MariaDb, text).unwrap()
}

/// Few sources and small numbers, so that sets overlap, touch and miss each other often.
fn any_mysql() -> impl Strategy<Value = GtidSet> {
    let element = (0..2usize, 0..3usize, 1..40u64, 0..6u64);
    vec(element, 0..8).prop_map(|elements| {
        let texts: Vec<String> = elements
            .into_iter()
            .map(|(uuid, tag, first, more)| {
                let (uuid, tag) = ([UUID, OTHER][uuid], ["", ":blue", ":red"][tag]);
                format!("{uuid}{tag}:{first}-{}", first + more)
            })
            .collect();
        my(&texts.join(","))
    })
}

fn any_mariadb() -> impl Strategy<Value = GtidSet> {
    proptest::collection::btree_map((0..2u32, 1..4u32), 1..6u64, 0..6).prop_map(|elements| {
        let texts: Vec<String> = elements.into_iter().map(|((d, s), n)| format!("{d}-{s}-{n}")).collect();
        maria(&texts.join(","))
    })
}

fn three_of_one_flavor() -> impl Strategy<Value = (GtidSet, GtidSet, GtidSet)> {
    prop_oneof![(any_mysql(), any_mysql(), any_mysql()), (any_mariadb(), any_mariadb(), any_mariadb())]
}

proptest! {
    #[test]
    fn containment_is_a_partial_order((a, b, c) in three_of_one_flavor()) {
        prop_assert!(a.contains(&a));
        prop_assert_eq!(a.contains(&b) && b.contains(&a), a == b);
        prop_assert!(!(a.contains(&b) && b.contains(&c)) || a.contains(&c));
        prop_assert!(a.contains(&GtidSet::empty(a.flavor())));
        prop_assert_eq!(a <= b, b.contains(&a));
    }

    #[test]
    fn a_union_is_the_least_that_contains_both((a, b, c) in three_of_one_flavor()) {
        let both = a.union(&b).unwrap();
        prop_assert!(both.contains(&a) && both.contains(&b));
        prop_assert_eq!(c.contains(&both), c.contains(&a) && c.contains(&b));
        prop_assert_eq!(&both, &b.union(&a).unwrap());
        prop_assert_eq!(both.union(&c).unwrap(), a.union(&b.union(&c).unwrap()).unwrap());
    }

    #[test]
    fn a_difference_is_what_is_beyond((a, b, c) in three_of_one_flavor()) {
        let beyond = a.minus(&b).unwrap();
        prop_assert!(a.contains(&beyond));
        prop_assert_eq!(beyond.is_empty(), b.contains(&a));
        prop_assert_eq!(b.union(&beyond).unwrap(), a.union(&b).unwrap());
        prop_assert_eq!(beyond.minus(&b).unwrap(), beyond.clone());
        // The least of all that would do: whoever has b and all of a has the difference.
        prop_assert!(!b.union(&c).unwrap().contains(&a) || b.union(&c).unwrap().contains(&beyond));
    }

    #[test]
    fn mysql_differences_share_nothing_with_what_was_taken(a in any_mysql(), b in any_mysql()) {
        let beyond = a.minus(&b).unwrap();
        prop_assert_eq!(b.minus(&beyond).unwrap(), b.clone());
        prop_assert_eq!(beyond.union(&a.minus(&beyond).unwrap()).unwrap(), a);
    }

    #[test]
    fn what_is_displayed_reads_back((a, _, _) in three_of_one_flavor()) {
        prop_assert_eq!(GtidSet::parse(a.flavor(), &a.to_string()).unwrap(), a.clone());
        let json = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<GtidSet>(&json).unwrap(), a);
    }

    #[test]
    fn sets_of_different_flavors_never_compare(a in any_mysql(), b in any_mariadb()) {
        prop_assert!(!a.contains(&b) && !b.contains(&a));
        prop_assert_eq!(a.partial_cmp(&b), None);
        prop_assert!(a.union(&b).is_err() && b.minus(&a).is_err());
    }

    #[test]
    fn garbage_is_refused_not_followed(text in "[0-9a-f:,\\- +x_]{0,60}", any in ".{0,40}") {
        for flavor in Flavor::ALL {
            for text in [&text, &any] {
                if let Ok(set) = GtidSet::parse(flavor, text) {
                    prop_assert_eq!(GtidSet::parse(flavor, &set.to_string()).unwrap(), set);
                }
            }
        }
        let _ = GtidSet::try_from(any);
    }
}

#[test]
fn empty_sets_of_two_flavors_do_not_contain_each_other() {
    let (mysql, mariadb) = (GtidSet::empty(Flavor::MySql), GtidSet::empty(Flavor::MariaDb));
    assert!(mysql.is_empty() && mariadb.is_empty());
    assert!(!mysql.contains(&mariadb) && !mariadb.contains(&mysql));
    assert_eq!(String::from(mysql), "mysql:");
    assert_eq!(GtidSet::try_from("mariadb:".to_owned()).unwrap(), mariadb);
}

#[test]
fn mysql_output_is_read_over_lines_with_tags_in_any_case() {
    let text = format!("{}:1-3:5-4000:4,\n{OTHER}:Blue:7:1-5:red:2:1", UUID.to_uppercase());
    assert_eq!(my(&text).to_string(), format!("{UUID}:1-4000,{OTHER}:blue:1-5:7:red:1-2"));
}

#[test]
fn the_last_number_of_mysql_is_read_and_nothing_beyond() {
    let most = i64::MAX - 1;
    assert_eq!(my(&format!("{UUID}:1-{most}")).to_string(), format!("{UUID}:1-{most}"));
    for wrong in ["0", "5-3", "1-", "-", "x", "1-2-3", "+1", &i64::MAX.to_string(), ""] {
        assert!(GtidSet::parse(Flavor::MySql, &format!("{UUID}:{wrong}")).is_err(), "{wrong}");
    }
    assert!(GtidSet::parse(Flavor::MySql, UUID).is_err());
    assert!(GtidSet::parse(Flavor::MySql, &format!("{UUID}:blue")).is_err());
    assert!(GtidSet::parse(Flavor::MySql, &format!("{UUID}:1:blue")).is_err());
}

#[test]
fn mariadb_compares_per_domain_and_server() {
    // An errant tail of server 1 is not in the history of server 2, however far that one is.
    assert!(!maria("0-1-100,0-2-200").contains(&maria("0-1-101")));
    assert!(maria("0-1-100,0-2-200").contains(&maria("0-1-100")));
    assert_eq!(maria("0-1-105,0-2-7").minus(&maria("0-1-100,0-2-200")).unwrap(), maria("0-1-105"));
    assert_eq!(maria("0-1-5,0-2-9"), maria(" 0-2-9 , 0-1-5"));
}

#[test]
fn mariadb_forms_are_checked() {
    for wrong in ["0-1", "0-1-2-3", "0-1-x", "-1-2", "0-1--2", "4294967296-1-1", "0-1-5,0-1-6", "0 1 2"] {
        assert!(GtidSet::parse(Flavor::MariaDb, wrong).is_err(), "{wrong}");
    }
    assert!(maria("0-1-0").is_empty());
}

#[test]
fn too_long_a_text_and_an_unknown_flavor_are_refused() {
    let long = "0-1-1,".repeat(MAX_TEXT_BYTES / 6 + 1);
    assert!(matches!(GtidSet::parse(Flavor::MariaDb, &long), Err(GtidError::Length { .. })));
    let error = GtidSet::try_from("oracle:1".to_owned()).unwrap_err();
    assert!(error.to_string().contains("begins with mysql: or mariadb:"));
}

#[test]
fn transactions_are_counted_by_numbers() {
    assert_eq!(my(&format!("{UUID}:1-5:8,{OTHER}:2")).count(), 7);
    // A number stands for all before it in its domain, whoever wrote them.
    assert_eq!(maria("0-1-40,0-2-100,1-2-3").count(), 103);
    assert_eq!(GtidSet::empty(Flavor::MariaDb).count(), 0);
}

#[test]
fn what_carries_the_id_of_a_data_directory_was_written_by_no_primary() {
    let set = GtidSet::parse(Flavor::MariaDb, "0-3-100,0-1048575-7,0-1048576-101,0-4294967294-9").unwrap();
    assert_eq!(set.strays().to_string(), "0-1048576-101,0-4294967294-9");
    assert_eq!(set.without_strays().to_string(), "0-3-100,0-1048575-7");
    let mysql = GtidSet::parse(Flavor::MySql, "9eb9c814-e5a3-11f1-8a03-02fc00000001:1-5").unwrap();
    assert!(mysql.strays().is_empty());
    assert_eq!(mysql.without_strays(), mysql);
}
