//! The suite that every backend passes: what [`Store`](crate::Store) promises, told as tests.
//!
//! A backend calls [`conformance_suite!`](crate::conformance_suite) in its own tests. Each test gets a store of its
//! own, speaks with it through the traits alone, and knows nothing of how anything is stored. The suite never waits:
//! times are made up, and what is concurrent is asked for at once.

mod bench;
mod changes;

pub mod acts;
pub mod amendments;
pub mod bodies;
pub mod channels;
pub mod claims;
pub mod commits;
pub mod consumers;
pub mod contacts;
pub mod conversations;
pub mod deliveries;
pub mod endpoints;
pub mod erasure;
pub mod events;
pub mod intake;
pub mod lists;
pub mod media;
pub mod outbox;
pub mod replays;
pub mod retention;
pub mod statuses;
pub mod templates;
pub mod tenants;
pub mod usage;
pub mod workspaces;

pub use bench::{Bench, Ear, Heard, at, kinds, message_of};
pub use changes::{
    echoed, edited, moved, person, phone, react, received, received_from, report, revoked, routed, said,
};

/// Makes a test of every promise. The argument is the full path of a function that opens an empty store and answers
/// `(kept, Arc<dyn Store>)`, where `kept` is whatever must outlive the store, such as its folder.
#[macro_export]
macro_rules! conformance_suite {
    ($open:path) => {
        $crate::conformance_tests! { $open;
            workspaces {
                are_written_and_read
                have_unique_names
                have_keys
                know_when_their_keys_were_used
                a_setting_is_remembered_once
            }
            acts {
                are_written_with_what_is_done
                of_what_is_not_done_are_not_written
                are_found
            }
            channels {
                are_written_and_read
                have_an_account_to_themselves
                keep_their_status_when_written
                are_deleted_without_what_came_by_them
            }
            endpoints {
                are_written_and_read
                follow_their_status
                resume_from_now
                begin_at_the_end_of_the_log
                are_deleted_with_their_deliveries
            }
            claims {
                are_answered_again
                of_another_request_are_refused
                of_a_refused_verb_are_not_kept
                at_once_are_done_once
                end_after_a_day
                belong_to_a_workspace
            }
            intake {
                a_message_makes_contact_and_conversation
                a_known_contact_goes_on
                a_repetition_changes_nothing
                a_known_message_under_another_key_changes_nothing
                an_album_is_one_conversation
                one_body_may_be_for_two_channels
                an_answer_quotes
                the_first_sign_of_life_connects
            }
            statuses {
                climb_the_ladder
                wait_for_their_message
                wait_for_the_message_of_their_channel
                of_a_contacts_message_change_nothing
            }
            amendments {
                reactions_come_and_go
                a_reaction_to_the_unknown_is_a_message
                edits_replace_the_content
                an_edit_may_overtake_its_message
                messages_are_taken_back
                a_contact_moves_to_another_number
                a_number_passes_to_who_moves_to_it
                who_wrote_from_a_number_before_the_move_was_told_is_one_person
            }
            bodies {
                an_event_is_traced_to_its_webhook
                unrouted_are_kept_and_read_again
                not_understood_are_kept
                are_found_a_page_at_a_time
            }
            commits {
                are_heard_once_and_in_order
                a_refusal_leaves_its_neighbours_alone
                a_half_refused_webhook_leaves_nothing
            }
            events {
                are_read_in_order
                are_read_by_key
                are_read_in_pieces_where_they_are_large
                are_listed_by_kind_and_channel
                are_appended
            }
            lists {
                of_messages_are_newest_first
                of_messages_are_filtered
                of_a_span_are_in_the_order_of_time
                of_conversations_are_newest_first_and_filtered
            }
            deliveries {
                are_remembered
                settle_above_the_low_water
                with_a_stale_lease_are_refused
                tell_how_an_endpoint_is_doing
                have_attempts_newest_first
                have_attempts_by_filter
            }
            contacts {
                are_made_and_write
                are_made_once
                are_changed
                give_handles_up
                are_found
                are_merged
                are_merged_after_merges
                are_merged_by_what_a_vendor_shows
                lose_a_number_that_is_somebody_elses
                stay_themselves_when_somebody_else_has_their_number
            }
            conversations {
                are_changed_and_found
                are_reopened
                know_what_is_unread
            }
            consumers {
                go_on_and_never_back
            }
            replays {
                find_what_they_are_about
                come_to_their_end
            }
            retention {
                prunes_the_oldest_events_with_their_attempts
                prunes_up_to_the_first_that_is_younger
                overtakes_endpoints
                tells_a_gap_once
                is_not_undone_by_a_late_record
                leaves_lanes_an_anchor
                expires_places
                strips_attempts
                prunes_bodies_that_nothing_is_kept_of
                prunes_dedup_keys_by_when_they_were_seen
                prunes_what_was_answered_done_and_used
                gives_space_back
            }
            outbox {
                a_message_is_accepted_and_sent
                tells_since_when_a_channel_is_disconnected
                forgets_the_file_that_a_status_says_is_lost
                a_refused_message_leaves_nothing
                lines_are_kept
                what_is_scheduled_waits
                a_mark_without_an_answer_is_given_up
                a_message_follows_its_contact
                with_a_stale_lease_nothing_is_marked_or_settled
                reports_find_their_attempt
                a_claim_shows_the_message
                a_channel_can_be_abandoned
                the_newest_of_the_contact_is_found
                messages_of_a_day_are_limited
            }
            media {
                is_written_and_read
                is_listed_newest_first
                has_names_at_vendors
                of_messages_is_awaited
                is_forgotten_by_age
                has_only_so_much_room
                has_links_that_are_extended
            }
            erasure {
                leaves_nothing_of_a_contact
                is_told_before_it_ends
                takes_along_what_was_merged_and_answered
                keeps_no_answer_that_comes_later
            }
            templates {
                are_replaced_as_a_whole
                follow_the_vendors_notices
            }
            usage {
                is_counted_by_day
                holdings_are_counted
                quotas_are_remembered
            }
            tenants {
                see_nothing_of_each_other
                cannot_touch_each_others_records
            }
        }
    };
}

/// The part of [`conformance_suite!`](crate::conformance_suite) that spells the tests out.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($open:path; $($subject:ident { $($promise:ident)+ })+) => {$(
        mod $subject {$(
            #[tokio::test]
            async fn $promise() {
                let (_kept, store) = $open();
                $crate::conformance::$subject::$promise(&$crate::conformance::Bench::new(store)).await;
            }
        )+}
    )+};
}
