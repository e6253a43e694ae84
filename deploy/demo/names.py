"""Invented people. Any likeness to a real person is chance."""

GIVEN_NAMES = (
    "Ada", "Aisha", "Alfie", "Amara", "Anya", "Arlo", "Arjun", "Bea", "Benji", "Callum", "Cerys", "Chidi",
    "Clara", "Dara", "Dylan", "Elif", "Eliza", "Emeka", "Esme", "Ewan", "Farah", "Felix", "Freya", "Gabriel",
    "Grace", "Hana", "Harry", "Idris", "Imogen", "Isla", "Ivo", "Jakub", "Jasmin", "Joel", "Kasia", "Kieran",
    "Kofi", "Lara", "Leo", "Lina", "Luca", "Maya", "Mabel", "Milo", "Mina", "Nadia", "Niamh", "Noah", "Nora",
    "Olive", "Omar", "Oscar", "Pia", "Priya", "Rafi", "Reuben", "Rosa", "Rowan", "Ruby", "Samir", "Saoirse",
    "Seren", "Sofia", "Tariq", "Teddy", "Thea", "Toby", "Uma", "Vera", "Wren", "Yara", "Yusuf", "Zac", "Zoya",
)  # fmt: skip
ADULT_NAMES = (
    "Abena", "Adam", "Agnieszka", "Alan", "Amy", "Andrea", "Anil", "Beth", "Carlos", "Cath", "Chloe", "Daniel",
    "Deepa", "Elena", "Emma", "Fatima", "Gareth", "Hannah", "Helen", "Ian", "Ifeoma", "Jamal", "Jane", "Joanna",
    "Karen", "Kemi", "Laura", "Liam", "Marek", "Maria", "Mark", "Mei", "Mohammed", "Nasreen", "Nikhil", "Orla",
    "Paul", "Rachel", "Rebecca", "Rob", "Ruth", "Sanjay", "Sarah", "Simon", "Sunita", "Tom", "Victoria", "Yemi",
)  # fmt: skip
FAMILY_NAMES = (
    "Abara", "Adeyemi", "Ashcombe", "Barnaby", "Bellwood", "Bilal", "Brightwell", "Castellan", "Chaudry",
    "Collingtree", "Dabrowska", "Dellarosa", "Eastgate", "Fairweather", "Farrowby", "Ghoshal", "Greenhalgh",
    "Halloway", "Hartnoll", "Hussein", "Ivanov", "Jankowski", "Kapadia", "Kinsella", "Larkin", "Lindqvist",
    "Mabuza", "Marlowe", "Mensah", "Merriweather", "Nakamura", "Norcott", "Okafor", "Oldacre", "Pemberley",
    "Pereira", "Quince", "Rahmani", "Redfern", "Rossiter", "Sandhu", "Silverwood", "Szabo", "Tamblyn",
    "Thornbury", "Underhill", "Varga", "Wainscott", "Whitlock", "Yardley", "Zielinski",
)  # fmt: skip
STREETS = (
    "Mill Lane",
    "Orchard Close",
    "Station Road",
    "The Green",
    "Beech Avenue",
    "Pond View",
    "Church End",
)
NARRATIVES = (
    "Finds group work very hard and leaves the room when it is noisy. Works well one to one.",
    "Speaks in short phrases and is hard to understand for people who do not know the family.",
    "Reads three years below age although the teaching was adapted and given every day.",
    "Very anxious about coming to school; attendance was 61% last term.",
    "Tires quickly, writes slowly, and needs help with stairs and with changing for PE.",
    "Loves building and music. Needs each step shown, and a clear end to every task.",
    "Has had two suspensions after fights at lunchtime; calmer with a known adult nearby.",
)
PUT_IN_PLACE = (
    "A quiet corner, a visual timetable and a key adult at the start of each day.",
    "Small group of four, twenty minutes a day, with pre-taught words.",
    "Movement breaks every half hour and a laptop for longer writing.",
)
CHANGED = (
    "Joins the first ten minutes of most lessons now; the afternoons are still hard.",
    "Some progress with the words taught, little carry-over into class.",
    "Less upset, but still well below what was agreed as the target.",
)
ADVICE = (
    "Keep the visual timetable, add a now-and-next board, and review in six weeks.",
    "Use the reading programme daily and note what works; call the advice line after two weeks.",
    "Agree a safe place and a signal with the child, and practise it when all is calm.",
)
AMENDED = (
    "Now works alone for ten minutes with the board; the corridor and the hall stay hard. Attendance is up.",
    "Since the advice was put in place there were no more tears at the start of the day; writing has not changed.",
    "The reading programme ran for three weeks. New words stay, but sentences are read very slowly.",
)
QUESTIONS = (
    "Which of the rounds that you describe is going on still, and who leads it?",
    "Has hearing been checked in the last year? If so, please add the date.",
    "How is attendance at present, and is a part-time timetable in place?",
)
ANSWERS = (
    "The last one goes on every day, led by the class teacher.",
    "Yes, in the autumn, and nothing was found.",
    "Attendance is at 88% this term, on full days.",
)
VISITORS = ("Outreach teacher, with the class teacher", "Two of the outreach team, with the SENCo")
HELPED = ("What was agreed is in place every day.", "Some of it helps; mornings more than afternoons.")
WHY_UP = "What mainstream school can give with outreach was given, and does not meet the need: the panel should see it."
