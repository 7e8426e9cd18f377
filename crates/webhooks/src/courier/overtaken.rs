//! What was deleted from the log before it could be delivered.

use tidings_domain::event::Position;

use super::Courier;

impl<T: Clone> Courier<T> {
    /// Retention has deleted everything up to here. What of it is under way goes on; nothing else of it will be sent, and
    /// what waited behind it has its turn.
    pub fn overtaken(&mut self, up_to: Position) {
        self.pass_over(up_to);
        self.settled.retain(|position| *position > up_to);
        for behind in self.busy.values_mut() {
            while let Some(position) = behind.pop_front_if(|position| *position <= up_to) {
                self.first.remove(&position);
            }
        }
        let (gone, ready) = self.ready.drain(..).partition(|position| *position <= up_to);
        self.ready = ready;
        for position in gone {
            if let Some(first) = self.first.get(&position) {
                self.settle(position, first.key);
            }
        }
        self.lanes.end_up_to(up_to);
    }
}
