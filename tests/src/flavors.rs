//! One test, once for each database server.

/// Makes a module of the same name for each function that takes a [`Flavor`](crate::Flavor), with a test for each
/// flavor in it: `name::mariadb` and `name::mysql`. A test that stands alone is one where the server does not matter.
#[macro_export]
macro_rules! on_both_flavors {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn mariadb() {
                super::$name($crate::Flavor::Mariadb);
            }

            #[test]
            fn mysql() {
                super::$name($crate::Flavor::Mysql);
            }
        })+
    };
}
