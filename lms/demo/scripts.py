"""What the people of the demo write into their worksheets: one of four ways, by person.

By key of the field in the shipped course; what is missing here is taken from the author's example.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# Rows: one mapping of columns for each row.
Script = Mapping[str, str | Sequence[Mapping[str, str]]]

PLANTS: Script = {
    "role": "Maintenance manager",
    "account_kind": "Food and packaging plants with 100 to 400 people and at least two lines",
    "monday_question": "Why did the planned work of last week slide again?",
    "opening_line": "Good morning, {name} from Northwind Tools. I’m calling because you run maintenance at a plant "
    "that’s adding a shift. May I take half a minute to say why, and then you decide?",
    "busy_line": "Understood. Is 7:30 tomorrow better, or right after lunch?",
    "fact": "Second shift from March, in the county paper of last week",
    "consequence": "Planned work moves to Saturdays, and overtime goes up",
    "reason_line": "You’re adding a second shift. When plants your size do that, planned work often slides to "
    "Saturdays. Two of them found a way to keep it in the week, and I could show you what they changed.",
    "seconds_aloud": "17",
    "question_line": "How do you keep planned work in the week when a line runs late?",
    "meeting_length": "m20",
    "use_for_buyer": "The weekly plan of a plant their size that got its Saturdays back",
    "request_line": "Could we take 20 minutes, Tuesday at 10 or Thursday at 2? I’ll bring that plan, and it’s yours.",
    "fallback_line": "How about ten minutes by phone on Friday at 8, with your board in front of you?",
    "if_then": "If the line goes silent after my question, then I count to four before I say anything.",
    "account_name": "Granite Ridge Builders, west plant",
    "concerns": (
        {
            "concern": "Send me an email.",
            "answer": "I will. So that I send the right page: is it the Saturdays or the overtime that hurts more?",
            "step": "The page today, ten minutes on Thursday at 8",
        },
        {
            "concern": "We have a planner for that.",
            "answer": "Good, then you know what a plan is worth. How often does it hold until Friday?",
            "step": "Twenty minutes with the planner on Tuesday at 10",
        },
        {
            "concern": "No money until next year.",
            "answer": "Most say so in the fall. What do the Saturdays cost you until then?",
            "step": "A first look in January, day and time now",
        },
        {
            "concern": "Is this a sales call?",
            "answer": "It is. I have one question, and if it’s not for you, I’m gone. May I ask it?",
            "step": "The question now, nothing else today",
        },
    ),
}
CARRIERS: Script = {
    "role": "Head of dispatch",
    "account_kind": "Regional carriers with 40 to 150 trucks that deliver to stores",
    "monday_question": "How many windows did we miss last week, and what did it cost us?",
    "opening_line": "Hello, this is {name} with Northwind Tools. You run dispatch, and your new depot opens next "
    "month, so I picked you. Half a minute, and you tell me if it’s worth more?",
    "busy_line": "You are in the morning wave. Is 11:15 better, or 3 o’clock?",
    "fact": "New depot from next month, on their careers page: nine drivers wanted",
    "consequence": "Repairs wait for a free bay, and trucks miss their windows",
    "reason_line": "You’re opening a second depot. Carriers who did that told us that repairs begin to wait for a "
    "bay, and that the first windows are missed in week three. One of them saw it coming, and I could show you how.",
    "seconds_aloud": "19",
    "question_line": "When a truck comes in with a warning light, who decides whether it goes out again?",
    "listen_for": "“The driver”: ask what happened last time. “The shop”: ask how long the answer takes.",
    "meeting_length": "m15",
    "use_for_buyer": "The list of five warning signs that another carrier watches each Monday",
    "request_line": "Would Wednesday at 1 or Thursday at 11 work, for fifteen minutes? The list is yours either way.",
    "fallback_line": "May I call on Monday at 11:15 with three questions, five minutes?",
    "if_then": "If I hear “send me something”, then I ask which of the two it should be about.",
    "account_name": "Cobalt Freight, north depot",
    "concerns": (
        {
            "concern": "I have no time for this.",
            "answer": "I called without an appointment, so that is fair. Which hour of your day is the quiet one?",
            "step": "Fifteen minutes on Thursday at 11",
        },
        {
            "concern": "Our shop does that by itself.",
            "answer": "Then they know it best. What do you hear from them first: the fault, or the missed window?",
            "step": "The shop foreman joins on Wednesday at 1",
        },
        {
            "concern": "We tried such a thing. It was a mess.",
            "answer": "That happens. What would have to be different, for you to look a second time?",
            "step": "Five minutes on Monday at 11:15, only about that",
        },
        {
            "concern": "You are too expensive.",
            "answer": "Compared with what? I would like to know what a missed window costs you first.",
            "step": "The cost of one week, by phone on Monday at 11:15",
        },
    ),
}
CLINICS: Script = {
    "role": "Operations director",
    "account_kind": "Groups of clinics with 5 to 20 sites and their own technicians",
    "monday_question": "Which rooms were closed last week, and why did nobody know before?",
    "opening_line": "Good afternoon, {name} from Northwind Tools. You took over two more clinics in the spring, so I "
    "thought of you first. May I say in three sentences what others in your place ran into?",
    "busy_line": "Of course. Before the first patients, at 7:45, or after 5?",
    "fact": "Two clinics taken over in April, press release on their site",
    "consequence": "Inspections of the new sites run by other dates, and rooms close at short notice",
    "reason_line": "You took over two clinics in April. Groups that grow like that often find each site with its own "
    "list of inspections, and then a room is closed on a full day. I could show you how one group made it one list.",
    "seconds_aloud": "18",
    "question_line": "How do you find out that an inspection is due at one of the new sites?",
    "listen_for": "“They call me”: ask about the last time they did not. “We have a list”: ask who keeps it.",
    "meeting_length": "m30",
    "use_for_buyer": "One page with the inspections of a group their size, by month",
    "request_line": "Could we meet for 30 minutes, Monday at 4 or Wednesday at 7:45? I’ll bring the page.",
    "fallback_line": "May I send the page and call on Friday at 5, for ten minutes?",
    "if_then": "If an assistant answers, then I say my reason in one sentence and ask for the best hour.",
    "account_name": "Eastgate Clinics, river site",
    "concerns": (
        {
            "concern": "That is for our technicians.",
            "answer": "They do the work. When a room closes, whose phone rings?",
            "step": "Half an hour with both on Wednesday at 7:45",
        },
        {
            "concern": "We are just changing our system.",
            "answer": "Then it is a good moment to ask: what has to be in the new one about inspections?",
            "step": "One page for their list of wishes, a call on Friday at 5",
        },
        {
            "concern": "How much is it?",
            "answer": "It depends on the sites, and I do not know yet whether it helps. How many closed days was it?",
            "step": "Thirty minutes on Monday at 4 with the number on the table",
        },
        {
            "concern": "We are happy with our supplier.",
            "answer": "Good to hear. What would they have to do better, for a look to be worth it?",
            "step": "The one page, for a comparison, and a call on Friday at 5",
        },
    ),
}
BUILDERS: Script = {
    "role": "Owner",
    "account_kind": "Builders with 30 to 80 people and machines of their own",
    "monday_question": "Which machine stands still today, and which crew with it?",
    "opening_line": "Hello, {name}, Northwind Tools. I saw your signs at the bridge on Route 9. I have one question "
    "about the machines there. Do you have a minute, or is later better?",
    "busy_line": "I hear the site. Six this evening, or tomorrow before seven?",
    "fact": "Contract for the bridge on Route 9, council minutes of this month",
    "consequence": "A rented machine on top when one of their own fails, at full price",
    "reason_line": "You have the bridge on Route 9. On sites with a fixed date, builders tell us that one broken "
    "excavator costs a crew for two days, and a rented one on top. I could show you how one of them halved that.",
    "seconds_aloud": "16",
    "question_line": "What happened the last time a machine failed in the middle of a job?",
    "listen_for": "A story: ask what it cost. “Never happens”: ask who looks after the machines.",
    "meeting_length": "m15",
    "use_for_buyer": "What a day without the machine costs, on one sheet with his own numbers",
    "request_line": "Fifteen minutes at the site, Tuesday at 6 or Thursday before seven? I’ll bring the sheet.",
    "fallback_line": "May I ask you three numbers by phone on Wednesday at 6?",
    "if_then": "If he names a price, then I ask for the last broken machine before I answer.",
    "account_name": "Dunmore Packaging, Route 9",
    "concerns": (
        {
            "concern": "My brother-in-law repairs everything.",
            "answer": "Then you are lucky. What do you do in the weeks when he is away?",
            "step": "Fifteen minutes with both, Thursday before seven",
        },
        {
            "concern": "Too small for something like that.",
            "answer": "May be. How many crews stand still when the big machine does?",
            "step": "Three numbers by phone on Wednesday at 6",
        },
        {
            "concern": "Call me after the season.",
            "answer": "Gladly. What will the machines have cost you by then?",
            "step": "The first Tuesday of November at 6, noted by both",
        },
        {
            "concern": "I do not buy on the phone.",
            "answer": "Nor should you. I would only like to see the machines once. When are they all in the yard?",
            "step": "A look at the yard on Thursday before seven",
        },
    ),
}
SCRIPTS: tuple[Script, ...] = (PLANTS, CARRIERS, CLINICS, BUILDERS)

# The other two worksheets, where the author gives no example.
SHARED: Script = {
    "people": (
        {"name_role": "Gwen, maintenance manager", "wants": "Whether her plan can hold until Friday"},
        {"name_role": "Paul, plant director", "wants": "What it costs, and what happens if nothing changes"},
    ),
    "read_facts": "Second shift from March (county paper). Four technicians wanted (their careers page).",
    "guesses": "Perhaps Paul cares more about overtime than about Saturdays. Perhaps there was an attempt before.",
    "agenda_points": (
        {"point": "What a week looks like when a line runs late", "point_minutes": "12"},
        {"point": "What others changed", "point_minutes": "8"},
        {"point": "What comes next, if anything", "point_minutes": "5"},
    ),
    "first_words": "Thank you for the time. You said that what is left on Friday is done on Saturday. I would like to "
    "understand how that comes about, show one page, and then we decide whether it goes on.",
    "questions": (
        {"question": "What happened last Friday?", "surprise": "That nothing was left over"},
        {"question": "Who feels it first when work moves?", "surprise": "Somebody outside the plant"},
        {"question": "What have you tried?", "surprise": "A tool like ours"},
        {"question": "How would you know that it got better?", "surprise": "A number that I have never heard of"},
    ),
    "show": "The weekly plan, once she has said where the work piles up. Not before.",
    "others": "The plant director: for him overtime is a price he pays for on-time delivery.",
    "criteria": (
        {
            "persona_says": "Must work with the planning system",
            "buyer_says": "I do not want to type anything twice.",
            "for_whom": "For her two planners; she would see it on the first Monday",
            "evidence": "Gwen, call of Tuesday",
        },
        {
            "persona_says": "Must pay for itself in a year",
            "buyer_says": "Paul signs when three Saturdays a quarter are gone.",
            "for_whom": "For Paul; the overtime report of the quarter",
            "evidence": "Gwen’s message of Thursday",
        },
        {
            "persona_says": "Must be safe to introduce",
            "buyer_says": "Not in the weeks of the audit.",
            "for_whom": "For everybody on the floor; the calendar",
            "evidence": "Seen on the board in her office",
        },
        {
            "persona_says": "References from the same trade",
            "buyer_says": "",
            "for_whom": "",
            "evidence": "",
        },
    ),
    "worst_guess": "That Paul decides. If it is the group’s purchasing, everything takes a quarter longer.",
    "open_questions": (
        {"question": "What has to be clear before you go to Paul?", "follow_up": "For whom, apart from him?"},
        {"question": "What would make you stop?", "follow_up": "Has that happened before?"},
        {"question": "How did you choose the last time?", "follow_up": "What would you do differently?"},
    ),
    "confirm_mail": "You told me three things: nothing is typed twice, three Saturdays a quarter have to go, and not "
    "in the weeks of the audit. Did I get that right, and what is missing?",
    "differs": "The persona worries about the price first. Gwen worries about her planners.",
}


def script_of(seed: str, name: str) -> dict[str, Any]:
    """One person's texts by field key; the same person writes the same each time."""
    chosen = {**SHARED, **SCRIPTS[sum(map(ord, seed)) % len(SCRIPTS)]}
    return {key: text.replace("{name}", name) if isinstance(text, str) else text for key, text in chosen.items()}
