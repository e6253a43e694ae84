"""Published demand: requests for a needs assessment in each authority, and the ages they came for.

Source: Department for Education, "Education, health and care plans", reporting year 2025, retrieved as the underlying
data files of that release; Open Government Licence v3.0. Only these figures were carried over: file requests, calendar
year 2024, measure requests_received_in_year, for each authority its total and for Hertfordshire its ages; file
sen_need_newplans, Hertfordshire 2024, for needs. The files have no months.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.codes import Need, Phase

SOURCE = 'DfE, "Education, health and care plans" 2025, calendar year 2024, Open Government Licence v3.0'
HERTFORDSHIRE = "919"

#: By phase, Hertfordshire: ages up to 4, 5 to 10, 11 to 15, 16 and over.
REQUESTS_BY_PHASE: Mapping[Phase, int] = {
    "early-years": 782,
    "primary": 1604,
    "secondary": 818,
    "post-16": 139,
}
#: The one need unknown (2) is OTH here.
NEW_PLANS_BY_NEED: Mapping[Need, int] = {
    "SEMH": 542, "ASD": 492, "SLCN": 386, "MLD": 249, "PD": 71, "SPLD": 57, "HI": 25, "VI": 13, "SLD": 10,
    "MSI": 2, "OTH": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Authority:
    """One of the 153, with the requests that it received in a year."""

    code: str
    name: str
    requests: int


_TABLE = """
201 5 City of London
202 246 Camden
203 903 Greenwich
204 622 Hackney
205 320 Hammersmith and Fulham
206 511 Islington
207 127 Kensington and Chelsea
208 752 Lambeth
209 646 Lewisham
210 738 Southwark
211 887 Tower Hamlets
212 574 Wandsworth
213 208 Westminster
301 639 Barking and Dagenham
302 1026 Barnet
303 796 Bexley
304 705 Brent
305 1062 Bromley
306 1174 Croydon
307 840 Ealing
308 1023 Enfield
309 553 Haringey
310 538 Harrow
311 899 Havering
312 685 Hillingdon
313 699 Hounslow
314 370 Kingston upon Thames
315 594 Merton
316 1008 Newham
317 694 Redbridge
318 336 Richmond upon Thames
319 607 Sutton
320 796 Waltham Forest
330 2493 Birmingham
331 1144 Coventry
332 888 Dudley
333 940 Sandwell
334 485 Solihull
335 1103 Walsall
336 576 Wolverhampton
340 674 Knowsley
341 2388 Liverpool
342 649 St. Helens
343 951 Sefton
344 1443 Wirral
350 732 Bolton
351 560 Bury
352 2305 Manchester
353 865 Oldham
354 755 Rochdale
355 946 Salford
356 859 Stockport
357 1052 Tameside
358 515 Trafford
359 1020 Wigan
370 718 Barnsley
371 795 Doncaster
372 959 Rotherham
373 1211 Sheffield
380 2331 Bradford
381 597 Calderdale
382 771 Kirklees
383 2313 Leeds
384 844 Wakefield
390 363 Gateshead
391 730 Newcastle upon Tyne
392 452 North Tyneside
393 338 South Tyneside
394 578 Sunderland
420 2 Isles of Scilly
800 475 Bath and North East Somerset
801 1605 Bristol, City of
802 1092 North Somerset
803 825 South Gloucestershire
805 232 Hartlepool
806 436 Middlesbrough
807 237 Redcar and Cleveland
808 559 Stockton-on-Tees
810 811 Kingston upon Hull, City of
811 719 East Riding of Yorkshire
812 502 North East Lincolnshire
813 416 North Lincolnshire
815 1234 North Yorkshire
816 427 York
821 578 Luton
822 473 Bedford
823 944 Central Bedfordshire
825 1782 Buckinghamshire
826 846 Milton Keynes
830 2713 Derbyshire
831 769 Derby
838 881 Dorset
839 1230 Bournemouth, Christchurch and Poole
840 1009 County Durham
841 245 Darlington
845 1107 East Sussex
846 466 Brighton and Hove
850 3932 Hampshire
851 516 Portsmouth
852 569 Southampton
855 1582 Leicestershire
856 883 Leicester
857 75 Rutland
860 2260 Staffordshire
861 788 Stoke-on-Trent
865 1146 Wiltshire
866 548 Swindon
867 312 Bracknell Forest
868 302 Windsor and Maidenhead
869 475 West Berkshire
870 515 Reading
871 469 Slough
872 471 Wokingham
873 1869 Cambridgeshire
874 685 Peterborough
876 492 Halton
877 582 Warrington
878 2265 Devon
879 1176 Plymouth
880 307 Torbay
881 4255 Essex
882 569 Southend-on-Sea
883 666 Thurrock
884 531 Herefordshire, County of
885 1883 Worcestershire
886 4001 Kent
887 989 Medway
888 3658 Lancashire
889 349 Blackburn with Darwen
890 423 Blackpool
891 1719 Nottinghamshire
892 579 Nottingham
893 833 Shropshire
894 487 Telford and Wrekin
895 900 Cheshire East
896 1066 Cheshire West and Chester
908 1351 Cornwall
916 1625 Gloucestershire
919 3343 Hertfordshire
921 74 Isle of Wight
925 1914 Lincolnshire
926 2562 Norfolk
929 1021 Northumberland
931 1734 Oxfordshire
933 1207 Somerset
935 2784 Suffolk
936 3022 Surrey
937 1750 Warwickshire
938 2448 West Sussex
940 1329 North Northamptonshire
941 1430 West Northamptonshire
942 718 Cumberland
943 509 Westmorland and Furness
"""


def _of(line: str) -> Authority:
    code, requests, name = line.split(" ", 2)
    return Authority(code, name, int(requests))


#: Code, requests received in 2024, name; in the order of their codes.
AUTHORITIES: Mapping[str, Authority] = {each.code: each for each in map(_of, _TABLE.strip().splitlines())}
