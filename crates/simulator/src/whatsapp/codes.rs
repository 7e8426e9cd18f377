//! What Meta's error codes are called, and what they say more at length. Source: "Error codes" of the Cloud API. Titles are for people and will go away, says
//! Meta; nobody should decide by them.

/// The title of a code, or a general one for codes that are not in the list.
pub(super) fn title(code: u32) -> &'static str {
    match code {
        1 => "An unknown error occurred",
        2 => "Service temporarily unavailable",
        4 => "Application request limit reached",
        10 => "Permission denied",
        100 => "Invalid parameter",
        190 => "Access token has expired",
        368 => "Temporarily blocked for policies violations",
        80_007 => "Rate limit issues",
        130_429 => "Rate limit hit",
        130_472 => "User's number is part of an experiment",
        130_497 => "Business account is restricted from messaging users in this country",
        131_005 => "Access denied",
        131_008 => "Required parameter is missing",
        131_009 => "Parameter value is not valid",
        131_016 => "Service unavailable",
        131_021 => "Recipient cannot be sender",
        131_026 => "Message undeliverable",
        131_030 => "Recipient phone number not in allowed list",
        131_031 => "Account has been locked",
        131_037 => "Display name approval needed",
        131_042 => "Business eligibility payment issue",
        131_045 => "Incorrect certificate",
        131_047 => "Re-engagement message",
        131_048 => "Spam rate limit hit",
        131_049 => "Meta chose not to deliver",
        131_050 => "User has stopped receipt of marketing messages",
        131_051 => "Unsupported message type",
        131_052 => "Media download error",
        131_053 => "Media upload error",
        131_056 => "(Business Account, Consumer Account) pair rate limit hit",
        131_057 => "Account in maintenance mode",
        132_000 => "Number of parameters does not match the expected number of params",
        132_001 => "Template name does not exist in the translation",
        132_005 => "Translated text too long",
        132_007 => "Template format character policy violated",
        132_012 => "Parameter format does not match format in the created template",
        132_015 => "Template is paused",
        132_016 => "Template is disabled",
        133_010 => "Phone number not registered",
        _ => "Something went wrong",
    }
}

/// What a failure that is told afterwards says of itself.
pub(super) fn details(code: u32) -> String {
    match code {
        131_026 => "Message undeliverable.".to_owned(),
        131_047 => {
            "Message failed to send because more than 24 hours have passed since the customer last replied to this \
                    number."
                .to_owned()
        }
        131_049 => "This message was not delivered to maintain healthy ecosystem engagement.".to_owned(),
        other => format!("{}.", title(other)),
    }
}
