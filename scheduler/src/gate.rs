//! Between the HTTP faces and the driver: wishes go in, answers and a view of everything come out.
//!
//! The faces hold no state and no rule of the fleet; the driver knows nothing of HTTP.

use std::sync::Arc;

use mysos_fleet::request::{Answer, Refusal, Request};
use tokio::sync::{mpsc, oneshot, watch};

use crate::view::FleetView;

/// A wish on its way to the driver.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The wish.
    pub(crate) request: Request,
    /// Id of the HTTP request, for the log.
    pub(crate) request_id: String,
    /// Where the answer goes. A caller that has gone away drops the other end.
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The faces' end.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    wishes: mpsc::Sender<Asked>,
    view: watch::Receiver<Arc<FleetView>>,
}

impl Gate {
    /// Joins a queue to the driver and the driver's view.
    pub(crate) fn new(wishes: mpsc::Sender<Asked>, view: watch::Receiver<Arc<FleetView>>) -> Self {
        Self { wishes, view }
    }

    /// Everything as last seen.
    pub(crate) fn view(&self) -> Arc<FleetView> {
        self.view.borrow().clone()
    }

    /// Hands a wish to the driver and waits until it is saved or refused. The caller bounds the wait.
    pub(crate) async fn ask(&self, request: Request, request_id: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        let asked = Asked { request, request_id: request_id.to_owned(), answer };
        let gone = || Answer::Refused(Refusal::Unavailable("the scheduler is stopping".to_owned()));
        if self.wishes.send(asked).await.is_err() {
            return gone();
        }
        answered.await.unwrap_or_else(|_| gone())
    }
}
