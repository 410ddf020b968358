//! Every path, what it answers to, and who answers: one table. A test compares it with `docs/api.md`.

use axum::{
    Router,
    routing::{MethodRouter, get, post},
};

use super::{Faces, caller::Caller, clusters, error::ApiError, health, mysos, pages};

/// One path.
pub(super) struct Route {
    /// The path, as `axum` writes it.
    pub(super) path: &'static str,
    /// The methods it answers to, as the header `Allow` has them.
    pub(super) allow: &'static str,
    serve: fn() -> MethodRouter<Faces>,
}

/// All of them.
pub(super) const ROUTES: &[Route] = &[
    Route { path: "/", allow: "GET, HEAD", serve: || get(pages::home) },
    Route { path: "/clusters", allow: "GET, HEAD", serve: || get(clusters::list) },
    Route {
        path: "/clusters/{name}",
        allow: "DELETE, GET, HEAD, POST",
        serve: || get(clusters::show).post(mysos::create).delete(mysos::delete),
    },
    Route { path: "/clusters/{name}/journal", allow: "GET, HEAD", serve: || get(clusters::journal) },
    Route {
        path: "/cluster/{name}",
        allow: "DELETE, POST",
        serve: || post(mysos::create).delete(mysos::delete),
    },
    Route { path: "/static/{file}", allow: "GET, HEAD", serve: || get(pages::asset) },
    Route { path: "/vars.json", allow: "GET, HEAD", serve: || get(health::vars) },
    Route { path: "/metrics", allow: "GET, HEAD", serve: || get(health::metrics) },
    Route { path: "/health", allow: "GET, HEAD", serve: || get(health::health) },
    Route { path: "/ready", allow: "GET, HEAD", serve: || get(health::ready) },
];

/// The router of all faces.
pub(super) fn router(faces: Faces) -> Router {
    let add = |router: Router<Faces>, route: &Route| {
        let allow = route.allow;
        // Only known callers learn what there is not.
        let refuse = move |_: Caller| async move { ApiError::MethodNotAllowed { allow } };
        router.route(route.path, (route.serve)().fallback(refuse))
    };
    ROUTES.iter().fold(Router::new(), add).fallback(no_route).with_state(faces)
}

async fn no_route(_: Caller) -> ApiError {
    ApiError::NotFound("there is no such path; the clusters are at /clusters".to_owned())
}
